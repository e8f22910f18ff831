package main

import (
	"context"
	"encoding/json"
	"time"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/store/redis"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/assist"
	"github.com/sufflor/sufflor/suggest/llm"
	"github.com/sufflor/sufflor/web"
)

// openRedis begins to look for the configured Redis, and has what language
// models write passed on by it. Without one it does nothing.
func (a *app) openRedis(ctx context.Context) error {
	r := a.cfg.Redis
	if !r.On() {
		return nil
	}
	c, err := redis.Open(ctx, redis.Options{
		URL: r.URL.Reveal(), Mode: r.Mode, Nodes: r.Nodes, Master: r.Master, SentinelPassword: r.SentinelPassword.Reveal(),
		Secret: r.Sealing(a.cfg.Panel).Reveal(), Log: a.log,
	})
	if err != nil {
		return usage(err)
	}
	var spaces []string
	for _, w := range a.cfg.Workspaces {
		spaces = append(spaces, w.ID)
	}
	a.redis = c
	a.bus = c.NewBus(a.store, spaces, func(workspace string, data []byte) {
		var p suggest.Piece
		if json.Unmarshal(data, &p) == nil { // else another version's; the draft comes from the store
			a.live.Hear(workspace, p)
		}
	})
	a.live.Pass = func(workspace string, p suggest.Piece) {
		if data, err := json.Marshal(p); err == nil {
			a.bus.Tell(workspace, data)
		}
	}
	return nil
}

func (a *app) closeRedis() error {
	if a.redis == nil {
		return nil
	}
	return a.redis.Close()
}

// share has the web side share with other replicas what it can.
func (a *app) share(o *web.Options, in *connectors.Intake) {
	if a.redis == nil {
		return
	}
	in.Memory = a.redis
	o.Watch, o.Tries, o.Store = a.bus.Watch, tries{a.redis}, forgetful{a.store, a}
	o.Health["redis"] = func(context.Context) error {
		if a.redis.Down() != nil {
			return web.Partial("unavailable; replicas do not share what they know, and panels are up to two seconds late; the log of sufflor says why")
		}
		return nil
	}
}

// embedder is m's, whose vectors of questions are shared.
func (a *app) embedder(m *meaning) embed.Embedder {
	if a.redis == nil {
		return m.embedder
	}
	return embed.Shared{Guard: m.embedder, Keeper: a.redis}
}

// shareReplies has replies shared by replicas.
func (a *app) shareReplies(s interface{ Share(s assist.Shared) }) {
	if a.redis != nil {
		s.Share(a.redis)
	}
}

// turns are those of a model that all replicas ask.
func (a *app) turns() llm.Turns {
	if a.redis == nil {
		return nil
	}
	return a.redis
}

// tries are counted in Redis.
type tries struct{ *redis.Client }

// Try implements [access.Tries].
func (t tries) Try(ctx context.Context, forget time.Duration, limits []access.Limit) (time.Duration, error) {
	list := make([]redis.Limit, len(limits))
	for i, l := range limits {
		list[i] = redis.Limit(l)
	}
	return t.Client.Try(ctx, forget, list...)
}

// forgetful is a store whose erasures reach what Redis keeps of the workspace.
type forgetful struct {
	*store.Store
	a *app
}

// Erase is the store's. What cannot be reached in Redis goes by itself within
// an hour, and does not hold up the rest.
func (f forgetful) Erase(ctx context.Context, workspace string, who store.Subject) (store.Holdings, error) {
	h, err := f.Store.Erase(ctx, workspace, who)
	for _, ws := range []string{workspace, ""} { // vectors of questions are nobody's
		if forgetErr := f.a.redis.Forget(ctx, ws); forgetErr != nil {
			f.a.log.WarnContext(ctx, "not all forgotten at once", "err", forgetErr)
		}
	}
	return h, err
}
