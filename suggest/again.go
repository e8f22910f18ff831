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
	return w.Hinted(ctx, rec, "")
}

// Hinted is Again for what an agent says was meant; "" takes the message at
// its word.
func (w *Worker) Hinted(ctx context.Context, rec store.Suggestion, hint string) (Suggestion, error) {
	req, err := w.asked(ctx, rec)
	if err != nil {
		return Suggestion{}, err
	}
	req.Hint = hint
	s, err := w.Pipeline.Suggest(ctx, req)
	if err != nil {
		return s, fmt.Errorf("ask %s again: %w", rec.ID, err)
	}
	return s, nil
}

// Reword has a language model word an agent's text on a stored suggestion
// anew, as [Pipeline.Reword] does. Nothing is stored.
func (w *Worker) Reword(ctx context.Context, rec store.Suggestion, as Wording) (Suggestion, error) {
	req, err := w.asked(ctx, rec)
	if err != nil {
		return Suggestion{}, err
	}
	s, err := w.Pipeline.Reword(ctx, req, as)
	if err != nil {
		return s, fmt.Errorf("reword %s: %w", rec.ID, err)
	}
	return s, nil
}

// asked is what a stored suggestion was made for.
func (w *Worker) asked(ctx context.Context, rec store.Suggestion) (Request, error) {
	if rec.Question == "" {
		return Request{}, fmt.Errorf("ask %s again: the question is erased: %w", rec.ID, store.ErrInvalid)
	}
	req := Request{Workspace: rec.Workspace, Text: rec.Question, Customer: rec.Customer}
	e, err := w.Store.Event(ctx, rec.Desk, rec.EventKey)
	switch {
	case err == nil && e.Workspace == rec.Workspace:
		about, err := w.about(ctx, e)
		if err != nil {
			return Request{}, err
		}
		if req, err = w.request(ctx, e, about); err != nil {
			return Request{}, err
		}
		req.Text = rec.Question // as it was answered: the message may have been edited since
	case err == nil, errors.Is(err, store.ErrNotFound):
	default:
		return Request{}, err
	}
	return req, nil
}
