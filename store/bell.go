package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
)

// bell wakes River's workers in this process as PostgreSQL's NOTIFY would.
// SQLite has none, and there River polls: often enough to be quick, it costs
// a write transaction every few milliseconds, all night long.
type bell struct {
	rung map[string]chan struct{} // by queue; a ring nobody has heard yet is enough
}

func newBell() *bell {
	return &bell{rung: map[string]chan struct{}{
		JobEvent:   make(chan struct{}, 1),
		JobDraft:   make(chan struct{}, 1),
		JobDeliver: make(chan struct{}, 1),
	}}
}

// ring says that a queue has new jobs. Call it after the commit.
func (b *bell) ring(queue string) {
	select {
	case b.rung[queue] <- struct{}{}:
	default:
	}
}

// driver is River's driver for SQLite, with a listener.
type driver struct {
	*riversqlite.Driver
	bell *bell
}

func newDriver(db *sql.DB, b *bell) *driver { return &driver{riversqlite.New(db), b} }

// SupportsListener is what makes River ask for one.
func (*driver) SupportsListener() bool { return true }

// GetListener returns a listener on the bell.
func (d *driver) GetListener(*riverdriver.GetListenenerParams) riverdriver.Listener {
	return listener{d.bell}
}

// listener hears the bell for River, and nothing else: there is one client,
// so nobody could tell it of other clients' doings.
type listener struct{ bell *bell }

func (listener) Close(context.Context) error            { return nil }
func (listener) Connect(context.Context) error          { return nil }
func (listener) Listen(context.Context, string) error   { return nil }
func (listener) Ping(context.Context) error             { return nil }
func (listener) Schema() string                         { return "" }
func (listener) SetAfterConnectExec(string)             {}
func (listener) Unlisten(context.Context, string) error { return nil }

// WaitForNotification blocks until the bell rings or ctx is done.
func (l listener) WaitForNotification(ctx context.Context) (*riverdriver.Notification, error) {
	var queue string
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-l.bell.rung[JobEvent]:
		queue = JobEvent
	case <-l.bell.rung[JobDraft]:
		queue = JobDraft
	case <-l.bell.rung[JobDeliver]:
		queue = JobDeliver
	}
	return &riverdriver.Notification{Topic: "river_insert", Payload: fmt.Sprintf("{%q:%q}", "queue", queue)}, nil
}
