package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"

	"github.com/sufflor/sufflor/connectors"
)

// The states of a desk.
const (
	DeskNever        = "never"        // nothing went in or out yet
	DeskConnected    = "connected"    // something did, and access was not withdrawn since
	DeskDisconnected = "disconnected" // access is withdrawn; Reason says what to do
)

// Desk is how a help desk is. Zero times are "never".
type Desk struct {
	Name     string
	Received time.Time // the last delivery that was taken
	Noted    time.Time // the last note that was written, replaced or taken back
	Polled   time.Time // the last time that the desk was asked what we missed
	Failed   time.Time // when Error happened
	Error    string    // the last one
	Lost     time.Time // since when our access is withdrawn
	Reason   string    // of that, with the step to repair
	Cursor   string    // where polling goes on
	Since    time.Time // where polling began
}

// State is one of [DeskNever], [DeskConnected] and [DeskDisconnected].
func (d Desk) State() string {
	switch {
	case !d.Lost.IsZero():
		return DeskDisconnected
	case d.Received.IsZero() && d.Noted.IsZero() && d.Polled.IsZero():
		return DeskNever
	}
	return DeskConnected
}

type deskRow struct {
	bun.BaseModel `bun:"table:desks,alias:k"`

	Desk     string `bun:",pk"`
	Received int64
	Noted    int64
	Polled   int64
	Failed   int64
	Error    string
	Lost     int64
	Reason   string
	Cursor   string
	Since    int64
}

func (r deskRow) desk() Desk {
	return Desk{
		Name: r.Desk, Received: fromMicros(r.Received), Noted: fromMicros(r.Noted), Polled: fromMicros(r.Polled),
		Failed: fromMicros(r.Failed), Error: r.Error, Lost: fromMicros(r.Lost), Reason: r.Reason, Cursor: r.Cursor, Since: fromMicros(r.Since),
	}
}

// desk changes the row of a desk, which is made when there is none.
func (t *tx) desk(ctx context.Context, name string, change func(*bun.InsertQuery, *deskRow) *bun.InsertQuery) error {
	row := &deskRow{Desk: name}
	q := change(t.NewInsert().Model(row).On("CONFLICT (desk) DO UPDATE"), row)
	if _, err := q.Exec(ctx); err != nil {
		return fmt.Errorf("note how desk %q is: %w", name, err)
	}
	return nil
}

func (t *tx) deskReceived(ctx context.Context, name string) error {
	_, err := t.run(ctx, `INSERT INTO desks (desk, received, noted, polled, failed, error, lost, reason, cursor, since) VALUES (?, ?, 0, 0, 0, '', 0, '', '', 0)
		ON CONFLICT (desk) DO UPDATE SET received = excluded.received`, name, micros(t.at))
	if err != nil {
		return fmt.Errorf("note how desk %q is: %w", name, err)
	}
	return nil
}

// answered clears what was lost: the desk lets us in again.
func answered(q *bun.InsertQuery) *bun.InsertQuery { return q.Set("lost = 0").Set("reason = ''") }

// noted keeps what an attempt to write, replace or take back a note says of
// its desk.
func (t *tx) noted(ctx context.Context, d Delivery) error {
	switch {
	case d.Error != "":
		return t.deskFailed(ctx, d.Desk, d.Error, d.State == DeliveryGone)
	case d.External == "" || d.State == DeliveryPending: // nothing was said to the desk
		return nil
	}
	return t.desk(ctx, d.Desk, func(q *bun.InsertQuery, r *deskRow) *bun.InsertQuery {
		r.Noted = micros(t.at)
		return answered(q.Set("noted = excluded.noted"))
	})
}

func (t *tx) deskFailed(ctx context.Context, name, text string, gone bool) error {
	text = shorten(errors.New(text)).Error()
	return t.desk(ctx, name, func(q *bun.InsertQuery, r *deskRow) *bun.InsertQuery {
		r.Failed, r.Error = micros(t.at), text
		q = q.Set("failed = excluded.failed").Set("error = excluded.error")
		if gone {
			r.Lost, r.Reason = micros(t.at), text
			q = q.Set("lost = CASE WHEN k.lost = 0 THEN excluded.lost ELSE k.lost END").Set("reason = excluded.reason")
		}
		return q
	})
}

// DeskFailed keeps that a call to a desk failed; one that wraps
// [connectors.ErrGone] disconnects it until a call succeeds.
func (s *Store) DeskFailed(ctx context.Context, desk string, cause error) error {
	return s.write(ctx, func(ctx context.Context, tx *tx) error {
		return tx.deskFailed(ctx, desk, cause.Error(), errors.Is(cause, connectors.ErrGone))
	})
}

// DeskAnswered keeps that a call to a desk succeeded after others had been
// refused. It writes only when there is something to clear.
func (s *Store) DeskAnswered(ctx context.Context, desk string) error {
	lost, err := s.r.NewSelect().Model((*deskRow)(nil)).Where("desk = ?", desk).Where("lost <> 0").Exists(ctx)
	if err != nil || !lost {
		return err
	}
	return s.write(ctx, func(ctx context.Context, tx *tx) error {
		return tx.desk(ctx, desk, func(q *bun.InsertQuery, _ *deskRow) *bun.InsertQuery { return answered(q) })
	})
}

// Desk is how a desk is; the zero Desk with its name before anything happened.
func (s *Store) Desk(ctx context.Context, name string) (Desk, error) {
	var row deskRow
	err := missing(s.r.NewSelect().Model(&row).Where("desk = ?", name).Scan(ctx))
	switch {
	case errors.Is(err, ErrNotFound):
		return Desk{Name: name}, nil
	case err != nil:
		return Desk{}, fmt.Errorf("desk %q: %w", name, err)
	}
	return row.desk(), nil
}

// BeginPolling is how a desk is, with the place where asking it began, which
// is since when it never was asked: a first answer that is late in coming must
// not lose what happened meanwhile.
func (s *Store) BeginPolling(ctx context.Context, desk string, since time.Time) (Desk, error) {
	d, err := s.Desk(ctx, desk)
	if err != nil || !d.Since.IsZero() {
		return d, err
	}
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		return tx.desk(ctx, desk, func(q *bun.InsertQuery, r *deskRow) *bun.InsertQuery {
			r.Since = micros(since)
			return q.Set("since = excluded.since")
		})
	})
	if err != nil {
		return Desk{}, err
	}
	return s.Desk(ctx, desk)
}

// maxCursor bounds what a desk may let us remember for it, in bytes.
const maxCursor = 4 << 10

// AcceptPage is [Store.Accept] for what a desk said when it was asked, and
// keeps the cursor at which to go on in the same transaction: a process killed
// at any moment asks for the same page again, or for the next one.
func (s *Store) AcceptPage(ctx context.Context, workspace, desk string, events []connectors.Event, cursor string) (fresh int, err error) {
	if len(cursor) > maxCursor {
		return 0, fmt.Errorf("desk %q: cursor of %d bytes, at most %d are kept: %w", desk, len(cursor), maxCursor, ErrInvalid)
	}
	return s.accept(ctx, workspace, desk, events, func(ctx context.Context, tx *tx) error {
		return tx.desk(ctx, desk, func(q *bun.InsertQuery, r *deskRow) *bun.InsertQuery {
			r.Polled, r.Cursor = micros(tx.at), cursor
			return answered(q.Set("polled = excluded.polled").Set("cursor = excluded.cursor"))
		})
	})
}
