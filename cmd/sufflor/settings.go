package main

import (
	"context"
	"net/url"
	"time"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// settings are what the pages below /settings show of this server, whose
// configuration is cfg now.
func (a *app) settings(cfg config.Config, w *suggest.Worker) *web.Settings {
	out := &web.Settings{
		PublicURL: a.cfg.PublicURL, Pending: a.store.PendingCount,
		Disk:     func() (free, total uint64, err error) { return disk(a.cfg.Data) },
		KeepDays: a.cfg.Retention.ConversationDays, KeepVersions: a.cfg.Ingest.KeepVersions, KeepOriginals: a.cfg.Ingest.KeepOriginals,
		Configured: func(workspace string) suggest.Guidelines {
			if ws, err := a.cfg.Workspace(workspace); err == nil {
				if g, err := configuredGuidelines(ws); err == nil { // looked at when we started
					return g
				}
			}
			return suggest.Guidelines{}
		},
	}
	out.Preview = func(ctx context.Context, rec store.Suggestion, g suggest.Guidelines) (suggest.Suggestion, error) {
		p := *a.pipeline
		p.Profile = func(workspace string) suggest.Profile {
			profile := a.pipeline.Profile(workspace)
			profile.Guidelines = g.Or(out.Configured(workspace))
			return profile
		}
		return (&suggest.Worker{Store: a.store, Pipeline: &p, Desks: w.Desks, Policies: w.Policies, Read: w.Read, Now: w.Now, Log: w.Log}).Again(ctx, rec)
	}
	if a.meaning != nil {
		out.Embedder = func(workspace string) web.EmbedderState {
			if st := a.meaning.status(workspace); st != nil {
				return web.EmbedderState(*st)
			}
			return web.EmbedderState{}
		}
	}
	if a.model != nil {
		out.Model = modelSetting(cfg.Model)
		out.Model.Name, out.Model.Resting = a.model.Name(), a.model.Resting
		out.TestModel = func(ctx context.Context) web.ModelTry {
			t, err := tryModel(ctx, cfg.Model)
			if err != nil { // it was opened when we started
				t.Next = err.Error()
			}
			return t
		}
	}
	return out
}

// modelSetting is a model without what is secret.
func modelSetting(c config.Model) *web.ModelSetting {
	m := &web.ModelSetting{
		Key: !c.Key.IsZero(), Local: c.Local, Translate: c.Translate, Rerank: c.Rerank, Deadline: c.Deadline, MaxTokens: c.MaxTokens, Context: c.Context,
		Currency: c.Currency, MonthlySpend: c.MonthlySpend, MonthlyTokens: c.MonthlyTokens,
	}
	if u, err := url.Parse(c.URL); err == nil {
		m.Host = u.Host
	}
	return m
}

const (
	retainFirst = 5 * time.Minute // after the start, when everything else has begun
	retainEvery = 24 * time.Hour
)

// retain erases each day what is kept for too long.
func (a *app) retain(ctx context.Context) {
	if a.cfg.Retention.ConversationDays == 0 {
		return
	}
	for wait := retainFirst; ; wait = retainEvery {
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		for _, w := range a.cfg.Workspaces {
			if ctx.Err() != nil {
				return
			}
			h, err := web.Retain(ctx, a.store, accessDesk(a.cfg, a.store), access.Who{Kind: access.KindCommand, Name: "retention"}, w.ID, expiry(a.cfg))
			switch {
			case err != nil:
				a.log.WarnContext(ctx, "what is kept for too long is not all erased", "workspace", w.ID, "err", err)
			case !h.Empty():
				a.log.InfoContext(ctx, "erased what was kept for too long", "workspace", w.ID, "conversations", len(h.Conversations), "events", h.Events)
			}
		}
	}
}

// expiry is the time before which conversations are kept no longer.
func expiry(cfg config.Config) time.Time {
	return time.Now().Add(-time.Duration(cfg.Retention.ConversationDays) * 24 * time.Hour)
}
