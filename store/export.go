package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// timeColumns are the columns that hold microseconds.
var timeColumns = []string{"at", "received", "created", "updated", "opened", "active", "closed", "event_at", "asked", "stale", "since"}

// Export calls each for each table that keeps something of a subject, with its
// rows as they are: nothing is left out but what tells others apart from them.
// Columns that hold JSON come as JSON, times in UTC.
func (s *Store) Export(ctx context.Context, workspace string, who Subject, each func(table string, rows []map[string]any) error) (Holdings, error) {
	h, scopes, err := s.find(ctx, workspace, who)
	if err == nil {
		err = s.tally(ctx, &h, scopes)
	}
	if err != nil {
		return h, fmt.Errorf("export: %w", err)
	}
	tables := map[string][]map[string]any{}
	var order []string
	for _, sc := range scopes {
		for _, p := range sc.parts() {
			if p.name == "notes" || p.name == "feed" {
				continue // rows of deliveries; and ids only
			}
			if !slices.Contains(order, p.name) {
				order = append(order, p.name)
			}
			rows, err := s.raw(ctx, "SELECT * FROM "+p.table+" WHERE "+p.where, sc.args())
			if err != nil {
				return h, fmt.Errorf("export %s: %w", p.name, err)
			}
			tables[p.name] = append(tables[p.name], rows...)
		}
	}
	for _, name := range order {
		if len(tables[name]) == 0 {
			continue
		}
		if err := each(name, tables[name]); err != nil {
			return h, fmt.Errorf("export %s: %w", name, err)
		}
	}
	return h, nil
}

func (s *Store) raw(ctx context.Context, query string, args []any) (list []map[string]any, err error) {
	rows, err := s.r.DB.QueryContext(ctx, s.r.NewRaw(query, args...).String())
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		row := map[string]any{}
		for i, name := range names {
			row[name] = readable(name, values[i])
		}
		list = append(list, row)
	}
	return list, rows.Err()
}

// readable is a value as people and programs outside want it.
func readable(column string, v any) any {
	switch v := v.(type) {
	case int64:
		if slices.Contains(timeColumns, column) {
			if v == 0 {
				return nil
			}
			return fromMicros(v).Format(time.RFC3339Nano)
		}
	case []byte:
		return readable(column, string(v))
	case string:
		if t := strings.TrimSpace(v); (strings.HasPrefix(t, "{") || strings.HasPrefix(t, "[")) && column != "text" && column != "question" && json.Valid([]byte(t)) {
			return json.RawMessage(t)
		}
	case sql.RawBytes:
		return readable(column, string(v))
	}
	return v
}
