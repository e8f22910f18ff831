package suggest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

const (
	pollTimeout = time.Minute      // of one question to a desk
	maxPollWait = 15 * time.Minute // between two, when they fail
	maxPages    = 1000             // of one look; the next look goes on
	pageChunk   = 100              // events that are stored at once, so that deliveries need not wait long
)

// Polling is how often a desk is asked what we missed.
type Polling struct {
	Every time.Duration // 0: never
	// Back is how far before the first look that one begins; 0: at its own
	// time.
	Back   time.Duration
	Jitter func() float64 // in [0,1), stretches or shortens Every by up to a tenth; nil: not
}

// Poll asks a desk what we missed, at once and then again and again, until ctx
// is done. It goes on where it was, also after a restart. A desk that cannot be
// asked is left alone.
func (w *Worker) Poll(ctx context.Context, desk connectors.Desk, o Polling) {
	p, ok := desk.Connector.(connectors.Poller)
	if !ok || o.Every <= 0 {
		return
	}
	failed, told := 0, ""
	for ctx.Err() == nil {
		wait := o.Every
		err := w.look(ctx, p, desk, o)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if failed > 0 {
				w.Log.InfoContext(ctx, "desk can be asked again", "desk", desk.Name)
			}
			failed, told = 0, ""
		default:
			failed++
			wait = pollAgain(o.Every, failed, err)
			if text := err.Error(); text != told { // once, not every minute
				told = text
				w.Log.WarnContext(ctx, "desk not asked for what we missed", "desk", desk.Name, "again_in", wait, "err", err)
			}
			if err := w.Store.DeskFailed(ctx, desk.Name, err); err != nil {
				w.Log.ErrorContext(ctx, "state of a desk not noted", "desk", desk.Name, "err", err)
			}
		}
		if o.Jitter != nil {
			wait += time.Duration((o.Jitter() - 0.5) / 5 * float64(o.Every))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
		case <-timer.C:
		}
	}
}

// pollAgain is the wait after a number of failures: twice as long each time;
// at least what the desk asked for; and the longest where only a person can
// help.
func pollAgain(every time.Duration, failed int, err error) time.Duration {
	if connectors.IsPermanent(err) {
		return max(every, maxPollWait)
	}
	wait := min(time.Duration(float64(every)*math.Exp2(float64(min(failed, 20)-1))), max(every, maxPollWait))
	if call, ok := errors.AsType[*connectors.CallError](err); ok {
		wait = max(wait, call.After)
	}
	return wait
}

// look asks for page after page until there are no more.
func (w *Worker) look(ctx context.Context, p connectors.Poller, desk connectors.Desk, o Polling) error {
	d, err := w.Store.BeginPolling(ctx, desk.Name, w.Now().Add(-o.Back))
	if err != nil {
		return err
	}
	cursor := d.Cursor
	for range maxPages {
		page, err := askPage(ctx, p, cursor, d.Since)
		if err != nil {
			return fmt.Errorf("ask desk %s what we missed: %w", desk.Name, err)
		}
		if err := w.acceptPage(ctx, desk, page); err != nil {
			return fmt.Errorf("keep what desk %s told us: %w", desk.Name, err)
		}
		if !page.More || page.Cursor == cursor { // the same question would get the same answer
			return nil
		}
		cursor = page.Cursor
	}
	return nil
}

// askPage is one question. What a desk manages to break in its connector costs
// an answer, not the process.
func askPage(ctx context.Context, p connectors.Poller, cursor string, since time.Time) (page connectors.Page, err error) {
	ctx, cancel := context.WithTimeout(ctx, pollTimeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			page, err = connectors.Page{}, fmt.Errorf("connector panicked: %s", debug.Stack())
		}
	}()
	return p.Poll(ctx, cursor, since)
}

// acceptPage stores a page. Its cursor is kept with its last events: killed
// before, we ask for the whole page again, and what is known is passed over.
func (w *Worker) acceptPage(ctx context.Context, desk connectors.Desk, page connectors.Page) error {
	parts, err := w.routed(ctx, desk.Workspace, desk.Name, page.Events)
	if err != nil {
		return err
	}
	for i, p := range parts {
		last := i == len(parts)-1
		for len(p.events) > pageChunk || !last && len(p.events) > 0 {
			n := min(pageChunk, len(p.events))
			if _, err := w.Store.Accept(ctx, p.workspace, desk.Name, p.events[:n]); err != nil {
				return err
			}
			p.events = p.events[n:]
		}
		if last {
			if _, err := w.Store.AcceptPage(ctx, p.workspace, desk.Name, p.events, page.Cursor); err != nil {
				return err
			}
		}
	}
	return nil
}
