package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/chatwoot"
	"github.com/sufflor/sufflor/connectors/freshworks"
	"github.com/sufflor/sufflor/connectors/hubspot"
	"github.com/sufflor/sufflor/connectors/intercom"
	"github.com/sufflor/sufflor/connectors/libredesk"
	"github.com/sufflor/sufflor/connectors/liveagent"
	"github.com/sufflor/sufflor/connectors/livechat"
	"github.com/sufflor/sufflor/connectors/meta"
	"github.com/sufflor/sufflor/connectors/salesforce"
	"github.com/sufflor/sufflor/connectors/slack"
	"github.com/sufflor/sufflor/connectors/standard"
	"github.com/sufflor/sufflor/connectors/teams"
	"github.com/sufflor/sufflor/connectors/zammad"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

// deskSettings is what a connector is made of.
type deskSettings struct {
	desk     config.Desk
	at       string // where the settings stand
	language string // of the workspace's agents
	public   string // address of this server; may be empty
}

// decode reads the settings into cfg, which holds what is so without them.
func (s deskSettings) decode(cfg any) error { return config.DecodeSettings(s.desk.Settings, s.at, cfg) }

// deskKinds makes connectors, by the kind of desk in the configuration.
var deskKinds = map[string]func(s deskSettings) (connectors.Connector, error){
	"chatwoot": func(s deskSettings) (connectors.Connector, error) {
		cfg := chatwoot.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return chatwoot.New(cfg, nil)
	},
	"freshchat": func(s deskSettings) (connectors.Connector, error) {
		cfg := freshworks.ChatConfig{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return freshworks.NewChat(cfg, nil)
	},
	"freshdesk": func(s deskSettings) (connectors.Connector, error) {
		cfg := freshworks.DeskConfig{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return freshworks.NewDesk(cfg, nil)
	},
	"hubspot": func(s deskSettings) (connectors.Connector, error) {
		cfg := hubspot.Config{Language: s.language, PublicURL: s.public}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return hubspot.New(cfg, nil)
	},
	"intercom": func(s deskSettings) (connectors.Connector, error) {
		cfg := intercom.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return intercom.New(cfg, nil)
	},
	"libredesk": func(s deskSettings) (connectors.Connector, error) {
		cfg := libredesk.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return libredesk.New(cfg, nil)
	},
	"liveagent": func(s deskSettings) (connectors.Connector, error) {
		cfg := liveagent.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return liveagent.New(cfg, nil)
	},
	"livechat": func(s deskSettings) (connectors.Connector, error) {
		cfg := livechat.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return livechat.New(cfg, nil)
	},
	"meta": func(s deskSettings) (connectors.Connector, error) {
		var cfg meta.Config
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return meta.New(cfg, nil)
	},
	"salesforce": func(s deskSettings) (connectors.Connector, error) {
		cfg := salesforce.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return salesforce.New(cfg, nil)
	},
	"slack": func(s deskSettings) (connectors.Connector, error) {
		cfg := slack.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return slack.New(cfg, nil)
	},
	"standard": func(s deskSettings) (connectors.Connector, error) {
		var cfg standard.Config
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return standard.New(cfg, nil)
	},
	"teams": func(s deskSettings) (connectors.Connector, error) {
		cfg := teams.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return teams.New(cfg, nil)
	},
	"zammad": func(s deskSettings) (connectors.Connector, error) {
		cfg := zammad.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return zammad.New(cfg, nil)
	},
	"zendesk": func(s deskSettings) (connectors.Connector, error) {
		cfg := zendesk.Config{Language: s.language}
		if err := s.decode(&cfg); err != nil {
			return nil, err
		}
		return zendesk.New(cfg, nil)
	},
}

// desks builds every configured connector; all that is wrong is reported.
func desks(cfg config.Config) (map[string]connectors.Desk, error) {
	out := map[string]connectors.Desk{}
	var errs []error
	for i, w := range cfg.Workspaces {
		for j, d := range w.Desks {
			at := fmt.Sprintf("workspaces[%d].desks[%d]", i, j)
			c, err := newConnector(d, w, cfg.PublicURL, at)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s (%s): %w", at, d.Name, err))
				continue
			}
			out[d.Name] = connectors.Desk{Name: d.Name, Workspace: w.ID, Kind: d.Kind, Connector: c}
		}
	}
	return out, errors.Join(errs...)
}

func newConnector(d config.Desk, w config.Workspace, public, at string) (connectors.Connector, error) {
	make, ok := deskKinds[d.Kind]
	if !ok {
		return nil, fmt.Errorf("kind: %q; one of %s", d.Kind, strings.Join(slices.Sorted(maps.Keys(deskKinds)), ", "))
	}
	return make(deskSettings{desk: d, at: at + ".settings", language: w.Language, public: public})
}
