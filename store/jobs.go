package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/uptrace/bun"
)

// The kinds of jobs. Each has a queue of its own, so that a slow desk, or a
// slow language model, does not keep others' messages from being read.
const (
	JobEvent   = "event"   // read an event; Key is the event's
	JobDraft   = "draft"   // better a pending suggestion; Key is the suggestion's id
	JobDeliver = "deliver" // take a suggestion to its desk; Key is the suggestion's id

	JobUpdate   = "update"   // put a note right that was delivered; Key is the suggestion's id
	JobWithdraw = "withdraw" // take a note back; Key is the suggestion's id
	JobFiles    = "files"    // read the files of an event; Key is the event's
)

const (
	maxAttempts = 12
	maxBackoff  = 15 * time.Minute
	// An agent has answered by then, and a note that late only disturbs.
	deliverFor = 10 * time.Minute

	jobTimeout = 2 * time.Minute

	// Together a little less than the ten seconds that containers get.
	softStop = 7 * time.Second // for running jobs to end by themselves
	hardStop = 2 * time.Second // for them to heed their cancelled context

	// The dead stay until somebody has looked. River's -1 for ever deletes
	// them at once with SQLite: its driver does not ask whether to delete.
	keepDead = 100 * 365 * 24 * time.Hour

	// The bell tells of new jobs at once. Polling is for retries that came
	// due, which have seconds, not milliseconds.
	fetchCooldown = time.Millisecond
	fetchPoll     = 250 * time.Millisecond

	// Completed jobs name nobody and nothing but keys; they are kept a
	// while for who looks into a fault.
	keepCompleted = time.Hour

	// A job of another process that runs for so long is taken up again: that
	// process was killed, for it would have cancelled the job itself.
	rescueAfter = jobTimeout + time.Minute

	maxErrorText = 2000 // bytes
)

// Job is one piece of work, at one attempt.
type Job struct {
	ID                         int64
	Kind, Workspace, Desk, Key string
	Attempt                    int    // from 1
	Trace                      string // see [WithTrace]
}

// Handler does a job. A job may run twice, so its effect must be idempotent.
// An error asks for another attempt, after a wait that grows; unless it, or
// an error it wraps, has a method
//
//	Permanent() bool           // true: do not try again
//	RetryAfter() time.Duration // positive: try again then, which is no attempt lost
type Handler func(ctx context.Context, j Job) error

// DeadJob is a job that was given up. It is kept until [Store.RetryJob].
type DeadJob struct {
	Job
	Error string    // of the last attempt
	Died  time.Time // when it was given up
}

// job is what the queue keeps of a job: keys, never content.
type job struct {
	Workspace string `json:"workspace"`
	Desk      string `json:"desk" river:"unique"`
	Key       string `json:"key" river:"unique"`
	Since     int64  `json:"since"`           // microseconds; the age of a delivery counts from here
	Round     int    `json:"round,omitempty"` // of drafting, so that each has its job
	Trace     string `json:"trace,omitempty"` // see [WithTrace]
}

type eventJob struct{ job }

func (eventJob) Kind() string { return JobEvent }

type draftJob struct{ job }

func (draftJob) Kind() string { return JobDraft }

type deliverJob struct{ job }

func (deliverJob) Kind() string { return JobDeliver }

type updateJob struct{ job }

func (updateJob) Kind() string { return JobUpdate }

type withdrawJob struct{ job }

func (withdrawJob) Kind() string { return JobWithdraw }

type filesJob struct{ job }

func (filesJob) Kind() string { return JobFiles }

// enqueue queues jobs as part of tx, each once.
func (s *Store) enqueue(ctx context.Context, tx *tx, kind string, jobs ...job) error {
	if len(jobs) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		j.Since = micros(tx.at)
		if kind != JobEvent { // which knows its own: its transaction may be shared
			j.Trace = traceOf(ctx)
		}
		var args river.JobArgs = eventJob{j}
		switch kind {
		case JobDraft:
			args = draftJob{j}
		case JobDeliver:
			args = deliverJob{j}
		case JobUpdate:
			args = updateJob{j}
		case JobWithdraw:
			args = withdrawJob{j}
		case JobFiles:
			args = filesJob{j}
		}
		params[i] = river.InsertManyParams{Args: args, InsertOpts: &river.InsertOpts{
			MaxAttempts: maxAttempts,
			Queue:       kind,
			UniqueOpts:  river.UniqueOpts{ByArgs: true},
		}}
	}
	if _, err := s.insert.InsertManyFastTx(ctx, tx.Tx.Tx, params); err != nil {
		return fmt.Errorf("queue %d %s jobs: %w", len(jobs), kind, err)
	}
	tx.queue[kind] = struct{}{}
	return nil
}

// Work does jobs until ctx is done, with so many workers for each kind that
// has a handler, and then lets those finish that are running; what takes
// longer than a few seconds is cancelled and runs again at the next start. What a killed
// process left half done is taken up again at once. One call at a time.
func (s *Store) Work(ctx context.Context, workers int, handlers map[string]Handler) error {
	if s.w == nil {
		return ErrReadOnly
	}
	if !s.working.CompareAndSwap(false, true) {
		return errors.New("work: already working")
	}
	defer s.working.Store(false)

	known := river.NewWorkers()
	queues := map[string]river.QueueConfig{}
	for kind, handle := range handlers {
		switch kind {
		case JobEvent:
			river.AddWorker(known, &worker[eventJob]{store: s, handle: handle, args: func(a eventJob) job { return a.job }})
		case JobDraft:
			river.AddWorker(known, &worker[draftJob]{store: s, handle: handle, args: func(a draftJob) job { return a.job }})
		case JobDeliver:
			river.AddWorker(known, &worker[deliverJob]{store: s, handle: handle, args: func(a deliverJob) job { return a.job }})
		case JobUpdate:
			river.AddWorker(known, &worker[updateJob]{store: s, handle: handle, args: func(a updateJob) job { return a.job }})
		case JobWithdraw:
			river.AddWorker(known, &worker[withdrawJob]{store: s, handle: handle, args: func(a withdrawJob) job { return a.job }})
		case JobFiles:
			river.AddWorker(known, &worker[filesJob]{store: s, handle: handle, args: func(a filesJob) job { return a.job }})
		default:
			return fmt.Errorf("work: no such kind of job: %q", kind)
		}
		queues[kind] = river.QueueConfig{MaxWorkers: max(1, workers)}
	}
	if len(queues) == 0 {
		return errors.New("work: no handlers")
	}
	if err := s.recover(ctx); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	cfg := &river.Config{
		Queues:                      queues,
		Workers:                     known,
		Logger:                      s.riverLog(),
		FetchCooldown:               fetchCooldown,
		FetchPollInterval:           s.poll,
		JobTimeout:                  jobTimeout,
		MaxAttempts:                 maxAttempts,
		CompletedJobRetentionPeriod: keepCompleted,
		CancelledJobRetentionPeriod: keepDead,
		DiscardedJobRetentionPeriod: keepDead,
		ReindexerSchedule:           river.NeverSchedule(), // for PostgreSQL's bloat; SQLite's indexes have none
	}
	if s.pg != nil {
		cfg.ReindexerSchedule = nil
	}
	if s.pg != nil && s.pg.shared {
		cfg.RescueStuckJobsAfter = rescueAfter
	}
	client, err := river.NewClient(s.driver(), cfg)
	if err != nil {
		return fmt.Errorf("work: %w", err)
	}
	// River's own reaction to a cancelled context is to cancel the jobs too.
	uncancelled := context.WithoutCancel(ctx)
	if err := client.Start(uncancelled); err != nil {
		return fmt.Errorf("work: %w", err)
	}
	<-ctx.Done()

	soft, cancel := context.WithTimeout(uncancelled, softStop)
	defer cancel()
	if err := client.Stop(soft); err == nil {
		return nil
	}
	hard, cancel := context.WithTimeout(uncancelled, hardStop)
	defer cancel()
	if err := client.StopAndCancel(hard); err != nil {
		return fmt.Errorf("work: jobs do not stop; they run again at the next start: %w", err)
	}
	return nil
}

// recover makes jobs available again that were running when the last process
// was killed. We hold the lock of the directory, so nobody else runs them;
// for a database that is shared see [rescueAfter].
func (s *Store) recover(ctx context.Context) error {
	if s.pg != nil && s.pg.shared { // others may be running them; River takes up what is stuck
		return nil
	}
	return s.write(ctx, func(ctx context.Context, tx *tx) error {
		// A job that takes the process down with it would do so for ever.
		note, err := json.Marshal(map[string]any{
			"at": tx.at.UTC(), "attempt": maxAttempts, "trace": "",
			"error": "sufflor was killed each time it did this job; look into the log of the last start before retrying it",
		})
		if err != nil {
			return fmt.Errorf("take up running jobs: %w", err)
		}
		_, err = tx.NewRaw(`UPDATE river_job SET state = 'discarded', finalized_at = `+s.sql.now+`, errors = `+s.sql.killed+`
			WHERE state = 'running' AND attempt >= max_attempts`, string(note)).Exec(ctx)
		if err != nil {
			return fmt.Errorf("give up running jobs: %w", err)
		}
		if _, err := tx.NewRaw("UPDATE river_job SET state = 'available' WHERE state = 'running'").Exec(ctx); err != nil {
			return fmt.Errorf("take up running jobs: %w", err)
		}
		// The killed process may still be elected to move retries along.
		if _, err := tx.NewRaw("DELETE FROM river_leader").Exec(ctx); err != nil {
			return fmt.Errorf("end the term of the killed process: %w", err)
		}
		return nil
	})
}

// worker stands between River and a [Handler].
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]

	store  *Store
	handle Handler
	args   func(T) job
}

// Work does one attempt and translates its outcome for River.
func (w *worker[T]) Work(ctx context.Context, rj *river.Job[T]) error {
	args := w.args(rj.Args)
	j := Job{ID: rj.ID, Kind: rj.Kind, Workspace: args.Workspace, Desk: args.Desk, Key: args.Key, Attempt: rj.Attempt, Trace: args.Trace}
	deadline := time.Time{}
	if j.Kind == JobDeliver {
		deadline = fromMicros(args.Since).Add(deliverFor)
	}
	if !deadline.IsZero() && w.store.now().After(deadline) {
		return w.store.giveUp(ctx, j, fmt.Errorf("not delivered within %s", deliverFor))
	}
	err := w.handle(ctx, j)
	if err == nil {
		return nil
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return river.JobSnooze(0) // we are shutting down, which is not the job's fault
	}
	var (
		permanent interface{ Permanent() bool }
		later     interface{ RetryAfter() time.Duration }
	)
	wait, counted := backoff(j.Attempt), true
	if errors.As(err, &later) && later.RetryAfter() > 0 {
		wait, counted = min(later.RetryAfter(), maxBackoff), false
	}
	switch {
	case errors.As(err, &permanent) && permanent.Permanent():
		return w.store.giveUp(ctx, j, err)
	case !deadline.IsZero() && w.store.now().Add(wait).After(deadline):
		return w.store.giveUp(ctx, j, fmt.Errorf("not delivered within %s: %w", deliverFor, err))
	case !counted:
		return river.JobSnooze(wait)
	case j.Attempt >= rj.MaxAttempts:
		return w.store.giveUp(ctx, j, fmt.Errorf("attempt %d was the last: %w", j.Attempt, err))
	}
	return shorten(err)
}

// NextRetry is when an attempt that failed is repeated.
func (w *worker[T]) NextRetry(rj *river.Job[T]) time.Time {
	return time.Now().Add(backoff(rj.Attempt)) // River's clock, not the store's
}

// giveUp ends a job for good, and the delivery it was for.
func (s *Store) giveUp(ctx context.Context, j Job, cause error) error {
	cause = shorten(cause)
	s.log.ErrorContext(ctx, "job given up", "job", j.ID, "kind", j.Kind, "desk", j.Desk, "key", j.Key, "attempt", j.Attempt, "err", cause)
	if j.Kind == JobDeliver {
		err := s.write(ctx, func(ctx context.Context, tx *tx) error {
			res, err := tx.NewUpdate().Model((*deliveryRow)(nil)).
				Set("state = ?", DeliveryFailed).Set("error = ?", cause.Error()).
				Set("attempts = ?", j.Attempt).Set("updated = ?", micros(tx.at)).
				Where("suggestion = ?", j.Key).Where("desk = ?", j.Desk).Where("state = ?", DeliveryPending).Exec(ctx)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil || n == 0 {
				return err // the handler has said more exactly what became of it
			}
			return tx.feed(ctx, j.Workspace, FeedDelivery, j.Key)
		})
		if err != nil {
			return fmt.Errorf("note that suggestion %q was not delivered: %w", j.Key, err)
		}
	}
	return river.JobCancel(cause)
}

// backoff is the wait after the given attempt: 3 s, 9 s, 27 s, and so on.
func backoff(attempt int) time.Duration {
	if attempt > 6 {
		return maxBackoff
	}
	return min(time.Duration(math.Pow(3, float64(max(1, attempt))))*time.Second, maxBackoff)
}

// shortError is an error whose text is bounded, for it is kept with the job.
type shortError struct {
	text  string
	cause error
}

func (e *shortError) Error() string { return e.text }
func (e *shortError) Unwrap() error { return e.cause }

func shorten(err error) error {
	text := err.Error()
	if len(text) <= maxErrorText {
		return err
	}
	cut := maxErrorText
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return &shortError{text: text[:cut] + "…", cause: err}
}

// DeadJobs lists the jobs that were given up, newest first, at most 1,000.
func (s *Store) DeadJobs(ctx context.Context) ([]DeadJob, error) {
	var rows []struct {
		ID      int64
		Kind    string
		Args    []byte
		Attempt int
		Errors  []byte
		Died    time.Time `bun:"finalized_at"`
	}
	err := s.r.NewRaw(`SELECT id, kind, args, attempt, `+s.sql.errors+` AS errors, finalized_at FROM river_job
		WHERE state IN ('cancelled', 'discarded') ORDER BY finalized_at DESC, id DESC LIMIT 1000`).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("dead jobs: %w", err)
	}
	list := make([]DeadJob, 0, len(rows))
	for _, r := range rows {
		var args job
		if err := json.Unmarshal(r.Args, &args); err != nil {
			return nil, fmt.Errorf("decode job %d: %w", r.ID, err)
		}
		var attempts []struct {
			Error string `json:"error"`
		}
		if len(r.Errors) > 0 {
			if err := json.Unmarshal(r.Errors, &attempts); err != nil {
				return nil, fmt.Errorf("decode the errors of job %d: %w", r.ID, err)
			}
		}
		d := DeadJob{
			Job:  Job{ID: r.ID, Kind: r.Kind, Workspace: args.Workspace, Desk: args.Desk, Key: args.Key, Attempt: r.Attempt},
			Died: r.Died.UTC(),
		}
		if n := len(attempts); n > 0 {
			d.Error = strings.TrimPrefix(attempts[n-1].Error, "JobCancelError: ")
		}
		list = append(list, d)
	}
	return list, nil
}

// RetryJob gives a dead job a new life, with all its attempts; a delivery
// has its full time again. It is [ErrNotFound] when no such job is dead.
func (s *Store) RetryJob(ctx context.Context, id int64) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		var kind string
		var args []byte
		err := tx.QueryRowContext(ctx, `UPDATE river_job
			SET state = 'available', finalized_at = NULL, attempt = 0, scheduled_at = `+s.sql.now+`, args = `+s.sql.since+`
			WHERE id = ? AND state IN ('cancelled', 'discarded') RETURNING kind, args`, micros(tx.at), id).Scan(&kind, &args)
		if err != nil {
			return missing(err)
		}
		tx.queue[kind] = struct{}{}
		if kind != JobDeliver {
			return nil
		}
		var j job
		if err := json.Unmarshal(args, &j); err != nil {
			return fmt.Errorf("decode: %w", err)
		}
		res, err := tx.NewUpdate().Model((*deliveryRow)(nil)).
			Set("state = ?", DeliveryPending).Set("error = ''").Set("updated = ?", micros(tx.at)).
			Where("suggestion = ?", j.Key).Where("desk = ?", j.Desk).
			Where("state NOT IN ?", bun.Tuple([]string{DeliveryDelivered, DeliveryWithdrawn})).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return tx.feed(ctx, j.Workspace, FeedDelivery, j.Key)
	})
	if err != nil {
		return fmt.Errorf("retry job %d: %w", id, err)
	}
	return nil
}

// QueueDepth is how many jobs wait or run.
func (s *Store) QueueDepth(ctx context.Context) (int, error) {
	var n int
	err := s.r.NewRaw("SELECT count(*) FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled')").Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("queue depth: %w", err)
	}
	return n, nil
}

func (s *Store) driver() riverdriver.Driver[*sql.Tx] {
	if s.pg != nil {
		return postgresDriver{riverdatabasesql.New(s.w.DB), s.pg.pool}
	}
	return newDriver(s.w.DB, s.bell)
}

// riverLog hands River's warnings on; what it says below is about itself.
func (s *Store) riverLog() *slog.Logger { return slog.New(warnings{s.log.Handler()}) }

type warnings struct{ slog.Handler }

func (h warnings) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && h.Handler.Enabled(ctx, l)
}

func (h warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return warnings{h.Handler.WithAttrs(attrs)}
}

func (h warnings) WithGroup(name string) slog.Handler { return warnings{h.Handler.WithGroup(name)} }
