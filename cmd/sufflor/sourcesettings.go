package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// settings is where what people set of sources is kept.
type settings interface {
	SourceSettings(ctx context.Context, workspace string) ([]store.SourceSetting, error)
}

// overlaid is a workspace with what people set of its sources in place of
// their configuration. What was set when the configuration said something
// else does not hold: the later word is that of the configuration.
func overlaid(ctx context.Context, s settings, w config.Workspace) (config.Workspace, error) {
	list, err := s.SourceSettings(ctx, w.ID)
	if err != nil || len(list) == 0 {
		return w, err
	}
	w.Sources = w.NamedSources()
	for i := range w.Sources {
		src := &w.Sources[i]
		said := *src
		for _, o := range list {
			if o.Source != src.Name || o.Configured != configured(said, o.Setting) {
				continue
			}
			switch o.Setting {
			case store.SettingAudience:
				src.Audience = o.Value
			case store.SettingLanguage:
				src.Language = o.Value
			case store.SettingSchedule:
				if src.Schedule, err = config.ParseSchedule(o.Value); err != nil {
					return w, fmt.Errorf("source %s: schedule: %w", src.Name, err)
				}
			}
		}
	}
	return w, nil
}

// configured is what a source says of a setting.
func configured(s config.Source, setting string) string {
	switch setting {
	case store.SettingAudience:
		return s.Audience
	case store.SettingLanguage:
		return s.Language
	case store.SettingSchedule:
		return s.Schedule.String()
	}
	return ""
}

// roomSettings are what people set of a source that holds.
func roomSettings(list []store.SourceSetting, s config.Source) (out []web.RoomSetting) {
	for _, o := range list {
		if said := configured(s, o.Setting); o.Source == s.Name && o.Configured == said {
			out = append(out, web.RoomSetting{Setting: o.Setting, Value: o.Value, Configured: said, Author: o.Author, At: o.At})
		}
	}
	return out
}

// wanted is what a change asks to be set, checked, and what was said before.
func wanted(w, now config.Workspace, q web.RoomChange) (list []store.SourceSetting, before config.Source, err error) {
	file, ok := w.Source(q.Source)
	if !ok {
		return nil, file, fmt.Errorf("workspace %s has no source %q; it has: %s: %w", w.ID, q.Source, sourceNames(w), store.ErrNotFound)
	}
	before, _ = now.Source(q.Source)
	set := func(setting, value string) {
		list = append(list, store.SourceSetting{
			Workspace: w.ID, Source: q.Source, Setting: setting, Value: value, Configured: configured(file, setting), Author: q.Author,
		})
	}
	if q.Reset {
		for _, setting := range []string{store.SettingAudience, store.SettingLanguage, store.SettingSchedule} {
			set(setting, configured(file, setting))
		}
		return list, before, nil
	}
	if q.Audience != nil {
		if a := index.Audience(*q.Audience); a != index.Public && a != index.Internal {
			return nil, before, fmt.Errorf("audience: %q; public (may be quoted to customers) or internal (for agents only)", *q.Audience)
		}
		set(store.SettingAudience, *q.Audience)
	}
	if q.Language != nil {
		if *q.Language != "" && !slices.Contains(config.Languages(), *q.Language) {
			return nil, before, fmt.Errorf("language: %q; one of %s, or empty: told from the text", *q.Language, strings.Join(config.Languages(), ", "))
		}
		set(store.SettingLanguage, *q.Language)
	}
	if q.Schedule != nil {
		parsed, err := config.ParseSchedule(*q.Schedule)
		if err != nil {
			return nil, before, fmt.Errorf("schedule: %w", err)
		}
		set(store.SettingSchedule, parsed.String())
	}
	if len(list) == 0 {
		return nil, before, errors.New("nothing is to be changed; name an audience, a language or a schedule")
	}
	return list, before, nil
}

// setSource sets a source as people want it, at once. What customers may no
// longer read cannot be quoted any more when it returns: first no document is
// stored for them, then passages lose them in the store, through which all
// readers read, and then in the index.
func (a *app) setSource(ctx context.Context, w config.Workspace, q web.RoomChange) (web.RoomChanged, error) {
	out := web.RoomChanged{Source: q.Source, Changed: []string{}}
	now, err := overlaid(ctx, a.store, w)
	if err != nil {
		return out, err
	}
	list, before, err := wanted(w, now, q)
	if err != nil {
		return out, err
	}
	for _, o := range list {
		was := configured(before, o.Setting)
		if was == o.Value {
			continue
		}
		out.Changed = append(out.Changed, fmt.Sprintf("%s: %s > %s", o.Setting, cmp.Or(was, `""`), cmp.Or(o.Value, `""`)))
		out.Public = out.Public || o.Setting == store.SettingAudience && o.Value == string(index.Public)
		out.Read = out.Read || o.Setting == store.SettingLanguage
	}
	if out.Public && !q.Public || q.DryRun {
		return out, nil
	}
	if err := a.store.SetSource(ctx, list...); err != nil {
		return out, err
	}
	out.Done = true
	// Whoever asked may be gone: what was begun is done all the same.
	out.Documents, err = a.reach(context.WithoutCancel(ctx), w, q.Source)
	return out, err
}

// reach gives the documents of sources the audience that their source has, of
// one source, or with "" of all.
func (a *app) reach(ctx context.Context, w config.Workspace, source string) (documents int, err error) {
	now, err := overlaid(ctx, a.store, w)
	if err != nil {
		return 0, err
	}
	for _, s := range now.NamedSources() {
		if source != "" && s.Name != source {
			continue
		}
		places, err := roots(a.cfg, s)
		if err != nil {
			return documents, fmt.Errorf("source %s: %w", s.Name, err)
		}
		n, err := a.store.SetAudience(ctx, w.ID, s.Name, places, index.Audience(s.Audience))
		documents += n
		if err != nil {
			return documents, err
		}
	}
	if documents > 0 {
		return documents, a.settle(ctx)
	}
	return 0, nil
}

// reconcile ends what people set of sources whose configuration has been
// changed since, and sees to it that all documents have the audience that
// their source has, also when a change of it was cut short.
func (a *app) reconcile(ctx context.Context) error {
	for _, w := range a.cfg.Workspaces {
		list, err := a.store.SourceSettings(ctx, w.ID)
		if err != nil {
			return err
		}
		for _, o := range list {
			s, ok := w.Source(o.Source)
			said := configured(s, o.Setting)
			if !ok || said == o.Configured { // a source that is away may come back
				continue
			}
			was := o.Value
			o.Value, o.Configured = said, said
			if err := a.store.SetSource(ctx, o); err != nil {
				return err
			}
			a.log.WarnContext(ctx, "the configuration of a source was changed, so what people had set of it ends",
				"workspace", w.ID, "source", o.Source, "setting", o.Setting, "set", was, "configured", said)
			err := a.store.AddAct(ctx, store.Act{
				Workspace: w.ID, Kind: access.KindCommand, Actor: "serve", Action: "source.changed", Object: o.Source,
				Detail: fmt.Sprintf("%s: %s > %s, as the configuration was changed", o.Setting, cmp.Or(was, `""`), cmp.Or(said, `""`)),
			})
			if err != nil {
				return err
			}
		}
		n, err := a.reach(ctx, w, "")
		if err != nil {
			return err
		}
		if n > 0 {
			a.log.InfoContext(ctx, "documents have the audience of their source", "workspace", w.ID, "documents", n)
		}
	}
	return nil
}

// Set implements [web.Room].
func (o room) Set(ctx context.Context, workspace string, q web.RoomChange) (web.RoomChanged, error) {
	w, err := o.space(workspace)
	if err != nil {
		return web.RoomChanged{}, err
	}
	out, err := o.app.setSource(ctx, w, q)
	if err != nil || !out.Done {
		return out, err
	}
	o.plan.poke()
	if out.Read {
		o.reader.add(order{workspace: w.ID, source: q.Source})
	}
	return out, nil
}
