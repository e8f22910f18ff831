package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

const feedPage = 200

// live streams what changes in a workspace as server-sent events. The id of
// an event is its place in the feed; who names the last one seen, as browsers
// do by themselves, gets everything since and misses nothing.
func (s *server) live(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	f := feed{workspace: ws.ID}
	if end, ok := c.Get(expiresKey); ok {
		f.until, _ = end.(time.Time)
	}
	return s.news(c, f)
}

// feed is what a live stream tells, and until when.
type feed struct {
	workspace string
	until     time.Time // zero: as long as somebody reads
	// keep tells whether the stream is about a suggestion; with it, nothing
	// but suggestions and what is done with them is told. Nil: everything is.
	keep func(ctx context.Context, suggestion string) (bool, error)
}

// news streams f until its reader leaves.
func (s *server) news(c *gin.Context, f feed) error {
	after, err := s.startOf(c, f.workspace)
	if err != nil {
		return err
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		return &fault{status: http.StatusServiceUnavailable, text: fmt.Sprintf("%d live streams are open already", maxStreams), next: "close panels that nobody reads, and try again"}
	}
	// Before the first look at the feed, so that nothing falls in between.
	wake, stop := s.o.Watch(f.workspace)
	defer stop()

	var pieces <-chan suggest.Piece // nil: never
	if s.o.Writing != nil {
		var stop func()
		pieces, stop = s.o.Writing(f.workspace)
		defer stop()
	}

	h := c.Writer.Header()
	h.Set("Content-Type", "text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would hold it back
	out := stream{w: c.Writer, c: http.NewResponseController(c.Writer)}
	if err := out.send([]byte("retry: 2000\n: sufflor\n\n")); err != nil {
		return nil // who does not read has gone
	}
	if after, err = s.reset(c, f.workspace, after, out); err != nil {
		return err
	}
	beat := time.NewTicker(s.o.Heartbeat)
	defer beat.Stop()
	var over <-chan time.Time // a stream does not outlive the session it was opened with
	if !f.until.IsZero() {
		timer := time.NewTimer(f.until.Sub(s.o.Now()))
		defer timer.Stop()
		over = timer.C
	}
	for {
		if after, err = s.drain(c, f, after, out); err != nil {
			return err
		}
		select {
		case <-wake:
		case p := <-pieces:
			if f.keep != nil {
				if ok, err := f.keep(c.Request.Context(), p.Suggestion); err != nil || !ok {
					continue // what is being written is told again when it is done
				}
			}
			data, err := writing(p)
			if err != nil {
				return err
			}
			if err := out.send(data); err != nil {
				return nil // who does not read has gone
			}
		case <-beat.C:
			if err := s.still(c); err != nil {
				return nil // let in, and no longer: the stream ends, and the next request says why
			}
			// The comment keeps proxies from hanging up; the event lets the
			// panel notice when it stops, for scripts do not see comments.
			if err := out.send([]byte(": beat\nevent: beat\ndata: {}\n\n")); err != nil {
				return nil // who does not read has gone
			}
		case <-over:
			return nil
		case <-s.o.Closing:
			return nil
		case <-c.Request.Context().Done():
			return nil
		}
	}
}

// startOf is the feed's number after which a stream starts: what the browser
// saw last, what the page was made with, or now.
func (s *server) startOf(c *gin.Context, workspace string) (int64, error) {
	text, name := c.GetHeader("Last-Event-ID"), "Last-Event-ID"
	if text == "" {
		text, name = c.Query("after"), "after"
	}
	if text == "" {
		return s.o.Store.FeedEnd(c.Request.Context(), workspace)
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, badRequest(name, strconv.Quote(text)+" is not a number of the feed", "leave it out to start now")
	}
	return n, nil
}

// reset tells a reader who has seen more than there is, as after a backup was
// restored, to look at everything anew.
func (s *server) reset(c *gin.Context, workspace string, after int64, out stream) (int64, error) {
	end, err := s.o.Store.FeedEnd(c.Request.Context(), workspace)
	if err != nil || after <= end {
		return after, err
	}
	return end, out.send(fmt.Appendf(nil, "id: %d\nevent: reset\ndata: {}\n\n", end))
}

// tells reports whether an item is told.
func (f feed) tells(ctx context.Context, it store.FeedItem) (bool, error) {
	switch {
	case f.keep == nil:
		return true, nil
	case it.Kind == store.FeedSuggestion, it.Kind == store.FeedOutcome:
		return f.keep(ctx, it.Ref)
	}
	return false, nil
}

// drain sends the feed to its end.
func (s *server) drain(c *gin.Context, f feed, after int64, out stream) (int64, error) {
	for {
		items, err := s.o.Store.Feed(c.Request.Context(), f.workspace, after, feedPage)
		if err != nil {
			return after, err
		}
		if len(items) == 0 {
			return after, nil
		}
		var b bytes.Buffer
		for _, it := range items {
			ok, err := f.tells(c.Request.Context(), it)
			if err == nil && ok {
				err = writeItem(&b, it)
			}
			if err != nil {
				return after, err
			}
		}
		if b.Len() > 0 {
			if err := out.send(b.Bytes()); err != nil {
				return after, err
			}
		}
		after = items[len(items)-1].Seq
		if len(items) < feedPage {
			return after, nil
		}
	}
}

func writeItem(b *bytes.Buffer, it store.FeedItem) error {
	data, err := json.Marshal(struct {
		Seq  int64     `json:"seq"`
		Kind string    `json:"kind"`
		Ref  string    `json:"ref"`
		At   time.Time `json:"at"`
	}{it.Seq, it.Kind, it.Ref, it.At})
	if err != nil {
		return fmt.Errorf("encode feed item %d: %w", it.Seq, err)
	}
	fmt.Fprintf(b, "id: %d\nevent: %s\ndata: %s\n\n", it.Seq, it.Kind, data) // JSON has no line breaks of its own
	return nil
}

// writing is how far a model has come, as an event. It has no id: it is no
// part of the feed, and who misses it reads the draft when it is done.
func writing(p suggest.Piece) ([]byte, error) {
	type sentence struct {
		Text  string `json:"text"`
		Break string `json:"break,omitempty"`
	}
	list := make([]sentence, len(p.Sentences))
	for i, s := range p.Sentences {
		list[i] = sentence{s.Text, s.Break}
	}
	data, err := json.Marshal(struct {
		Suggestion string     `json:"suggestion"`
		Sentences  []sentence `json:"sentences"`
	}{p.Suggestion, list})
	if err != nil {
		return nil, fmt.Errorf("encode what is written for %s: %w", p.Suggestion, err)
	}
	return fmt.Appendf(nil, "event: writing\ndata: %s\n\n", data), nil
}

// stream writes pieces, each with a deadline of its own, and flushes them.
type stream struct {
	w http.ResponseWriter
	c *http.ResponseController
}

func (o stream) send(piece []byte) error {
	// Recorders in tests have no deadlines, and need none.
	_ = o.c.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := o.w.Write(piece); err != nil {
		return fmt.Errorf("write to the stream: %w", err)
	}
	return o.c.Flush()
}
