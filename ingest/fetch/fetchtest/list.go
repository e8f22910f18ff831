// Package fetchtest holds what the tests of remote sources share.
package fetchtest

import (
	"context"
	"errors"

	"github.com/sufflor/sufflor/ingest"
)

// List collects what a source lists: items and gaps in their order, and the
// error that ended it.
func List(ctx context.Context, src ingest.Source) (items []ingest.Item, gaps []*ingest.Gap, err error) {
	for it, e := range src.List(ctx) {
		if gap, ok := errors.AsType[*ingest.Gap](e); ok {
			gaps = append(gaps, gap)
		} else if e != nil {
			err = e
		} else {
			items = append(items, it)
		}
	}
	return items, gaps, err
}

// Paths are those of items.
func Paths(items []ingest.Item) []string {
	var out []string
	for _, it := range items {
		out = append(out, it.Path)
	}
	return out
}
