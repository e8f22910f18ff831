package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// remote is the server that has the data folder open.
type remote struct {
	announcement
	client *http.Client
}

// running finds the server that announced itself in the data folder.
func running(data string) (*remote, error) {
	b, err := os.ReadFile(announced(data))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is in use by a command that does not serve; wait until it has ended", data)
	}
	if err != nil {
		return nil, fmt.Errorf("find the running server: %w", err)
	}
	var a announcement
	if err := json.Unmarshal(b, &a); err != nil {
		return nil, fmt.Errorf("%s: %w", announced(data), err)
	}
	return &remote{announcement: a, client: &http.Client{}}, nil
}

// post sends v and hands the answer's body, not yet read, to read.
func (r *remote) post(ctx context.Context, path string, v any, read func(io.Reader) error) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return r.do(req, read)
}

func (r *remote) do(req *http.Request, read func(io.Reader) error) error {
	req.Header.Set("Authorization", "Bearer "+r.Token)
	resp, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the running server (pid %d): %w", r.PID, err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		var e struct{ Error, Next string }
		_ = json.NewDecoder(io.LimitReader(resp.Body, 1<<16)).Decode(&e)
		if resp.StatusCode == http.StatusUnprocessableEntity { // it understood, and says why not
			return errors.New(e.Error)
		}
		return fmt.Errorf("the running server (pid %d) answered %s: %s %s", r.PID, resp.Status, e.Error, e.Next)
	}
	return read(resp.Body)
}

// vectors is how far the server's vectors of a workspace are, nil when it does not say.
func (r *remote) vectors(ctx context.Context, workspace string) *vectorStatus {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/api/ingest/status?workspace="+url.QueryEscape(workspace), nil)
	if err != nil {
		return nil
	}
	var st status
	if err := r.do(req, func(body io.Reader) error { return json.NewDecoder(body).Decode(&st) }); err != nil {
		return nil
	}
	return st.Vectors
}

func (r *remote) ask(ctx context.Context, q suggest.Request) (s suggest.Suggestion, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	err = r.post(ctx, "/api/ask", map[string]string{"workspace": q.Workspace, "text": q.Text, "customer": q.Customer}, func(body io.Reader) error {
		return json.NewDecoder(body).Decode(&s)
	})
	return s, err
}

// line is one line of the answer to long work.
type line struct {
	Progress *ingest.Event   `json:"progress"`
	Summary  json.RawMessage `json:"summary"`
	Error    string          `json:"error"`
}

func (r *remote) ingest(ctx context.Context, q web.IngestRequest, progress func(ingest.Event)) (sum ingest.Summary, err error) {
	err = r.follow(ctx, "/api/ingest", q, progress, &sum)
	return sum, err
}

// follow lets the server do long work, and fills summary with its result.
func (r *remote) follow(ctx context.Context, path string, v any, progress func(ingest.Event), summary any) error {
	done := false
	err := r.post(ctx, path, v, func(body io.Reader) error {
		sc := bufio.NewScanner(body)
		sc.Buffer(nil, 16<<20)
		for sc.Scan() {
			var l line
			if err := json.Unmarshal(sc.Bytes(), &l); err != nil {
				return fmt.Errorf("read the running server's answer: %w", err)
			}
			switch {
			case l.Error != "":
				return errors.New(l.Error)
			case l.Summary != nil:
				done = true
				if err := json.Unmarshal(l.Summary, summary); err != nil {
					return fmt.Errorf("read the running server's answer: %w", err)
				}
			case l.Progress != nil:
				progress(*l.Progress)
			}
		}
		return sc.Err()
	})
	if err == nil && !done {
		err = errors.New("the running server stopped before it was done; run the command again")
	}
	return err
}
