package config

import (
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The parts of a server, see [Config.Has].
const (
	RoleWeb    = "web"    // help desks' webhooks, pages and the API
	RoleWorker = "worker" // jobs: drafting, notes in the desks
	RoleIngest = "ingest" // sources and schedules, and what must happen once: polling desks, erasing what is kept too long
)

var serverRoles = []string{RoleWeb, RoleWorker, RoleIngest}

// Has reports whether a server with this configuration plays a role.
func (c Config) Has(role string) bool { return slices.Contains(c.Roles, role) }

// HasAll reports whether a server plays every role there is.
func (c Config) HasAll() bool {
	return !slices.ContainsFunc(serverRoles, func(r string) bool { return !c.Has(r) })
}

// SplitRoles are the roles in a text such as "web,worker".
func SplitRoles(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}

// Reload is c with what a running server takes from next: the desks of its
// workspaces, panel, oidc and the model's key. kept are the keys that differ
// and wait for a restart, sorted. Both must be valid; so is what it returns,
// or the error says what in next depends on what is kept.
func (c Config) Reload(next Config) (merged Config, kept []string, err error) {
	merged = c
	merged.Panel, merged.OIDC, merged.Model.Key = next.Panel, next.OIDC, next.Model.Key
	merged.Workspaces = slices.Clone(c.Workspaces)
	for i, w := range merged.Workspaces {
		if n, err := next.Workspace(w.ID); err == nil {
			merged.Workspaces[i].Desks = n.Desks
		}
	}
	have, want := reflect.ValueOf(merged.placeless()), reflect.ValueOf(next.placeless())
	for i := range have.NumField() {
		key, _, _ := strings.Cut(have.Type().Field(i).Tag.Get("yaml"), ",")
		if key != "" && !reflect.DeepEqual(have.Field(i).Interface(), want.Field(i).Interface()) {
			kept = append(kept, key)
		}
	}
	slices.Sort(kept)
	if err := merged.Validate(); err != nil {
		return c, kept, prefix(next.name(), err)
	}
	return merged, kept, nil
}

// placeless is c without the places of its nodes in the file: a line further
// down is no change.
func (c Config) placeless() Config {
	c.Workspaces = slices.Clone(c.Workspaces)
	for i := range c.Workspaces {
		w := &c.Workspaces[i]
		w.Guidelines, w.Desks = *nowhere(&w.Guidelines), slices.Clone(w.Desks)
		for j := range w.Desks {
			w.Desks[j].Settings = *nowhere(&w.Desks[j].Settings)
		}
	}
	return c
}

func nowhere(n *yaml.Node) *yaml.Node {
	out := &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value}
	for _, child := range n.Content {
		out.Content = append(out.Content, nowhere(child))
	}
	return out
}
