package suggest

import (
	"context"
	"errors"
	"fmt"

	"github.com/sufflor/sufflor/store"
)

// Again asks the question of a stored suggestion once more, with the
// conversation as it was then and the documents as they are now. Nothing is
// stored. Where the event is no more, only the question is left.
func (w *Worker) Again(ctx context.Context, rec store.Suggestion) (Suggestion, error) {
	if rec.Question == "" {
		return Suggestion{}, fmt.Errorf("ask %s again: the question is erased: %w", rec.ID, store.ErrInvalid)
	}
	req := Request{Workspace: rec.Workspace, Text: rec.Question, Customer: rec.Customer}
	e, err := w.Store.Event(ctx, rec.Desk, rec.EventKey)
	switch {
	case err == nil && e.Workspace == rec.Workspace:
		about, err := w.about(ctx, e)
		if err != nil {
			return Suggestion{}, err
		}
		if req, err = w.request(ctx, e, about); err != nil {
			return Suggestion{}, err
		}
		req.Text = rec.Question // as it was answered: the message may have been edited since
	case err == nil, errors.Is(err, store.ErrNotFound):
	default:
		return Suggestion{}, err
	}
	s, err := w.Pipeline.Suggest(ctx, req)
	if err != nil {
		return s, fmt.Errorf("ask %s again: %w", rec.ID, err)
	}
	return s, nil
}
