package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/index"
)

// What people can set of a source in place of its configuration.
const (
	SettingAudience = "audience" // public or internal
	SettingLanguage = "language" // of documents that do not say; "" is told from the text
	SettingSchedule = "schedule" // as the configuration writes it; "" is never by itself
)

// ErrAudience means that people gave a source another audience while a
// document of it was read for the one before.
var ErrAudience = errors.New("the audience of its source was changed meanwhile")

// SourceSetting is what people set of a source. It holds as long as the
// configuration says what it said then.
type SourceSetting struct {
	Workspace, Source string // required
	Setting           string // required: audience, language or schedule
	Value             string
	Configured        string    // what the configuration said then
	Author            string    // required
	At                time.Time // set by the store
}

type sourceSettingRow struct {
	bun.BaseModel `bun:"table:source_settings,alias:ss"`

	Workspace  string `bun:",pk"`
	Source     string `bun:",pk"`
	Setting    string `bun:",pk"`
	Value      string
	Configured string
	Author     string
	At         int64
}

func (o SourceSetting) validate() error {
	switch {
	case o.Workspace == "" || o.Source == "" || o.Author == "":
		return fmt.Errorf("workspace, source and author are required: %w", ErrInvalid)
	case !slices.Contains([]string{SettingAudience, SettingLanguage, SettingSchedule}, o.Setting):
		return fmt.Errorf("setting: %q is none of %s, %s, %s: %w", o.Setting, SettingAudience, SettingLanguage, SettingSchedule, ErrInvalid)
	case o.Setting == SettingAudience && o.Value != string(index.Public) && o.Value != string(index.Internal):
		return fmt.Errorf("audience: %q is neither %q nor %q: %w", o.Value, index.Public, index.Internal, ErrInvalid)
	}
	return nil
}

// SourceSettings are what people set of the sources of a workspace, by source
// and setting.
func (s *Store) SourceSettings(ctx context.Context, workspace string) ([]SourceSetting, error) {
	var rows []sourceSettingRow
	if err := s.r.NewSelect().Model(&rows).Where("workspace = ?", workspace).Order("source", "setting").Scan(ctx); err != nil {
		return nil, fmt.Errorf("settings of the sources of workspace %q: %w", workspace, err)
	}
	list := make([]SourceSetting, len(rows))
	for i, r := range rows {
		list[i] = SourceSetting{
			Workspace: r.Workspace, Source: r.Source, Setting: r.Setting, Value: r.Value, Configured: r.Configured, Author: r.Author, At: fromMicros(r.At),
		}
	}
	return list, nil
}

// SetSource keeps what people set of sources, all of it or nothing. What is
// set to what the configuration says is back to the configuration. From then
// on no document of the source is stored for another audience; those that
// there are get theirs by [Store.SetAudience].
func (s *Store) SetSource(ctx context.Context, list ...SourceSetting) error {
	for _, o := range list {
		if err := o.validate(); err != nil {
			return fmt.Errorf("set source %q: %w", o.Source, err)
		}
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		for _, o := range list {
			row := sourceSettingRow{
				Workspace: o.Workspace, Source: o.Source, Setting: o.Setting, Value: o.Value, Configured: o.Configured, Author: o.Author, At: micros(tx.at),
			}
			var err error
			if o.Value == o.Configured {
				_, err = tx.NewDelete().Model(&row).WherePK().Exec(ctx)
			} else {
				_, err = tx.NewInsert().Model(&row).On("CONFLICT (workspace, source, setting) DO UPDATE").
					Set("value = excluded.value").Set("configured = excluded.configured").Set("author = excluded.author").Set("at = excluded.at").Exec(ctx)
			}
			if err != nil {
				return fmt.Errorf("source %q: %w", o.Source, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("set sources: %w", err)
	}
	return nil
}

// SetAudience gives the documents of a source, by its name or below one of
// roots, another audience, with all their passages, and says how many were of
// the other. Suggestions that cite one are marked stale, and the index has yet
// to learn of them; who reads passages of the store has it at once. It goes on
// in small transactions: one that ends half-way is made good by another call.
func (s *Store) SetAudience(ctx context.Context, workspace, source string, roots []string, audience index.Audience) (documents int, err error) {
	was := index.Internal
	switch audience {
	case index.Internal:
		was = index.Public
	case index.Public:
	default:
		return 0, fmt.Errorf("audience %q of source %q: %w", audience, source, ErrInvalid)
	}
	var ids []string
	err = s.r.NewSelect().Model((*documentRow)(nil)).Column("id").Where("workspace = ?", workspace).Where("audience <> ?", audience).
		Where("(source = ? OR root IN ?)", source, bun.Tuple(append([]string{source}, roots...))).Order("id").Scan(ctx, &ids)
	if err != nil {
		return 0, fmt.Errorf("documents of source %q: %w", source, err)
	}
	for chunk := range slices.Chunk(ids, shelfBatch) {
		err := s.write(ctx, func(ctx context.Context, tx *tx) error { return tx.setAudience(ctx, workspace, chunk, was, audience) })
		if err != nil {
			return documents, fmt.Errorf("set the audience of source %q: %w", source, err)
		}
		documents += len(chunk)
	}
	return documents, nil
}

func (t *tx) setAudience(ctx context.Context, workspace string, documents []string, was, audience index.Audience) error {
	_, err := t.NewUpdate().Model((*documentRow)(nil)).Set("audience = ?", audience).
		Where("workspace = ?", workspace).Where("id IN ?", bun.Tuple(documents)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("change documents: %w", err)
	}
	// A quotation mark inside a JSON text has a backslash before it, so only
	// the key itself is found.
	from, to := `"audience":"`+string(was)+`"`, `"audience":"`+string(audience)+`"`
	for _, model := range []any{(*passageRow)(nil), (*asideRow)(nil)} {
		_, err := t.NewUpdate().Model(model).Set("body = replace(body, ?, ?)", from, to).
			Where("workspace = ?", workspace).Where("document IN ?", bun.Tuple(documents)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("change passages: %w", err)
		}
	}
	var passages []string
	err = t.NewSelect().Model((*passageRow)(nil)).Column("id").
		Where("workspace = ?", workspace).Where("document IN ?", bun.Tuple(documents)).Order("id").Scan(ctx, &passages)
	if err != nil {
		return fmt.Errorf("list passages: %w", err)
	}
	if err := t.stale(ctx, workspace, passages); err != nil { // who may read them is part of what they are
		return err
	}
	for _, id := range documents {
		if err := t.pend(ctx, workspace, id, nil); err != nil {
			return err
		}
	}
	return nil
}

// meant reports whether a document is for the people that its source is for.
func (t *tx) meant(ctx context.Context, d *documentRow) error {
	if d.Source == "" {
		return nil
	}
	// One that the configuration overtook says the same as the configuration:
	// there are only two audiences.
	other, err := t.NewSelect().Model((*sourceSettingRow)(nil)).Where("workspace = ?", d.Workspace).Where("source = ?", d.Source).
		Where("setting = ?", SettingAudience).Where("value <> ?", d.Audience).Exists(ctx)
	if err != nil {
		return fmt.Errorf("look for the audience of source %q: %w", d.Source, err)
	}
	if other {
		return ErrAudience
	}
	return nil
}
