package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// policies are what is drafted and shown for each desk.
func policies(cfg config.Config) (map[string]suggest.Policy, error) {
	out := map[string]suggest.Policy{}
	for _, w := range cfg.Workspaces {
		for _, d := range w.Desks {
			open, err := d.Hours.IsOpen()
			if err != nil {
				return nil, fmt.Errorf("desk %s: hours: %w", d.Name, err)
			}
			p := suggest.Policy{
				Channels: d.Draft.Channels, Groups: d.Draft.Groups, Languages: d.Draft.Languages, Tags: d.Draft.Tags, NotTags: d.Draft.NotTags,
				Share: d.Draft.Part(), Shadow: d.Draft.Shadow, Open: open,
			}
			for _, m := range d.Map {
				p.Map = append(p.Map, suggest.Mapping(m))
			}
			out[d.Name] = p
		}
	}
	return out, nil
}

// poll asks the desks that can be asked for what we missed, each by itself,
// until ctx is done.
func poll(ctx context.Context, cfg config.Config, w *suggest.Worker, byName map[string]connectors.Desk) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, space := range cfg.Workspaces {
		for _, d := range space.Desks {
			desk, ok := byName[d.Name]
			if !ok {
				continue
			}
			o := suggest.Polling{Every: d.Poll.Interval(), Back: d.Poll.Back(), Jitter: rand.Float64}
			wg.Go(func() { w.Poll(ctx, desk, o) })
		}
	}
}

// desksHealth says how many desks are disconnected; what to do about it,
// sufflor connectors list knows.
func desksHealth(s interface {
	Desk(ctx context.Context, name string) (store.Desk, error)
}, names []string,
) func(context.Context) error {
	return func(ctx context.Context) error {
		lost := 0
		for _, name := range names {
			d, err := s.Desk(ctx, name)
			if err != nil {
				return err
			}
			if d.State() == store.DeskDisconnected {
				lost++
			}
		}
		if lost > 0 {
			return web.Partial(fmt.Sprintf("%d of %d disconnected; sufflor connectors list says why", lost, len(names)))
		}
		return nil
	}
}
