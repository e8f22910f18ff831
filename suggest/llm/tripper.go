package llm

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

const (
	maxLine  = 1 << 20  // bytes of one line of a stream
	maxWhole = 2 << 20  // of an answer that is not streamed
	maxRaw   = 8 << 20  // of a stream, with all that stands around its pieces
	maxError = 64 << 10 // of an error that is looked at
	maxPiece = 16 << 10 // that langchaingo is given at once: its scanner stops at 64 KB
	tidyTime = 50 * time.Millisecond
)

// exchange is one request and what the round tripper saw of its answer, much
// of which langchaingo would lose.
type exchange struct {
	m           *Model
	schema      *Schema
	json        string // how the schema is asked for; JSONNone without one
	maxTokens   int
	window      int // Ollama's context
	temperature float64
	began       time.Time

	mu      sync.Mutex
	failure *Error // the first
	asked   bool   // the server took the request
	text    strings.Builder
	pieces  int
	finish  string
	whole   bool // the reply came to its proper end
	model   string
	in, out int
	refusal string // what the server said to a request it did not accept
}

type exchangeKey struct{}

func (x *exchange) fail(e *Error) *Error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.failure == nil {
		x.failure = e
	}
	return x.failure
}

// tripper stands between langchaingo and the network: it puts requests right,
// sends the key, watches the time, and reads what comes strictly. langchaingo
// gets a stream written anew, of short lines and without surprises.
type tripper struct {
	m    *Model
	base http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (t *tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	x, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if x == nil {
		return nil, errors.New("a request that nobody asked for")
	}
	ctx, cancel := context.WithCancelCause(req.Context())
	out, err := t.request(ctx, req, x)
	if err != nil {
		cancel(err)
		return nil, x.fail(failf(Broken, "the request cannot be made: %w", err))
	}
	first := time.AfterFunc(t.m.o.FirstByte, func() {
		cancel(x.fail(failf(SlowStart, "nothing came within %v; if the model was being loaded, raise model.first_byte or keep it loaded, else see to the server", t.m.o.FirstByte)))
	})
	resp, err := t.base.RoundTrip(out)
	if err != nil {
		first.Stop()
		cancel(nil)
		return nil, x.lost(req.Context(), err)
	}
	b := &body{x: x, d: t.m.dialect, parent: req.Context(), cancel: cancel, src: resp.Body, first: first, silence: t.m.o.BetweenChunks}
	if resp.StatusCode != http.StatusOK {
		defer func() { _ = b.Close() }() // what was read is read
		return nil, x.fail(t.m.refusal(resp, b, x))
	}
	if t.m.dialect == nil {
		x.mu.Lock()
		x.asked = true
		x.mu.Unlock()
		resp.Body = foreignBody{b}
		return resp, nil
	}
	if err := b.open(resp.Header.Get("Content-Type")); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	resp.Body, resp.ContentLength = b, -1
	resp.Header.Del("Content-Length")
	return resp, nil
}

// request is req with its body put right and the key in it.
func (t *tripper) request(ctx context.Context, req *http.Request, x *exchange) (*http.Request, error) {
	if t.m.dialect == nil { // signed by the provider's own library
		out := req.Clone(ctx)
		if key := t.m.key(); key != "" && t.m.o.Provider == GoogleAI {
			out.Header.Set("X-Goog-Api-Key", key)
		}
		return out, nil
	}
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	_ = req.Body.Close()
	var fields map[string]any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&fields); err != nil {
		return nil, err
	}
	t.m.dialect.rewrite(fields, x)
	if raw, err = json.Marshal(fields); err != nil {
		return nil, err
	}
	out := req.Clone(ctx)
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(raw)), int64(len(raw))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(raw)), nil }
	// langchaingo has a placeholder for a key: it refuses to do without, and
	// some of its errors quote headers.
	for _, name := range []string{"Authorization", "Api-Key", "X-Api-Key"} {
		out.Header.Del(name)
	}
	if key := t.m.key(); key != "" {
		switch {
		case t.m.dialect.name == Anthropic:
			out.Header.Set("X-Api-Key", key)
		case t.m.o.APIVersion != "":
			out.Header.Set("Api-Key", key)
		default:
			out.Header.Set("Authorization", "Bearer "+key)
		}
	}
	return out, nil
}

// lost is why a connection failed, unless the time was up.
func (x *exchange) lost(parent context.Context, err error) error {
	if parent.Err() != nil {
		return parent.Err()
	}
	if ue, ok := errors.AsType[*url.Error](err); ok {
		err = ue.Err
	}
	reason := "the connection broke"
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		reason = "the connection broke off"
	default:
		if dns, ok := errors.AsType[*net.DNSError](err); ok {
			reason = "no address for " + dns.Name
		} else if op, ok := errors.AsType[*net.OpError](err); ok {
			reason = op.Op + ": " + op.Err.Error()
		} else if strings.Contains(err.Error(), "HTTP response to HTTPS client") {
			reason = "the server speaks http, not https"
		} else if strings.Contains(err.Error(), "tls") || strings.Contains(err.Error(), "x509") {
			reason = "TLS: " + err.Error()
		}
	}
	return x.fail(failf(Unreachable, "%s; check model.url and that the server runs", reason))
}

// refusal is what an answer other than 200 means.
func (m *Model) refusal(resp *http.Response, b *body, x *exchange) *Error {
	data, _ := io.ReadAll(io.LimitReader(b.src, maxError))
	said := words(data)
	x.refusal = said
	e := meaning(resp.StatusCode, said)
	e.Status = resp.StatusCode
	if e.Cause == RateLimited || e.Cause == Overloaded {
		e.RetryAfter = retryAfter(resp.Header, m.o.Now())
	}
	return e
}

// meaning is the cause behind a status and what was said with it.
func meaning(status int, said string) *Error {
	at := fmt.Sprintf("HTTP %d: ", status)
	switch {
	case status == http.StatusPaymentRequired, hasAny(said, "insufficient_quota", "credit balance"):
		return failf(Refused, "%sthe account has no credit; top it up with the provider", at)
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusProxyAuthRequired:
		return failf(Refused, "%sthe server does not accept the key; check model.key and what it may do", at)
	case status == http.StatusTooManyRequests:
		return failf(RateLimited, "%sthe server limits our requests; lower model.rate or model.parallel, or ask the provider for more", at)
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status >= 500:
		return failf(Overloaded, "%sthe server failed; its own log says why", at)
	case status == http.StatusNotFound, status == http.StatusGone, status == http.StatusMethodNotAllowed, hasAny(said, "model_not_found"):
		return failf(NotFound, "%sno such model or address; check model.model and model.url (with Ollama: ollama pull it first)", at)
	case status >= 300 && status < 400:
		return failf(NotFound, "%sthe server sends us elsewhere, where the key must not go; set model.url to where it leads", at)
	case status == http.StatusRequestEntityTooLarge, tooLong(said):
		return failf(TooLong, "%sthe prompt is longer than the model takes; set model.context to what it does", at)
	case hasAny(said, "content_filter", "content management policy", "responsibleaipolicy"):
		return failf(Filtered, "%sthe provider's filter refused the prompt", at)
	case status >= 400:
		return failf(Refused, "%sthe server does not accept the request; model.json, model.max_tokens or another setting may be none it knows, or it has no such model", at)
	case status == http.StatusNoContent:
		return failf(Empty, "%sno reply; is model.url the API's?", at)
	}
	return failf(Broken, "%sno answer of this API; is model.url right?", at)
}

// retryAfter reads how long we are to wait: seconds or a date (RFC 9110,
// section 10.2.3), or milliseconds as OpenAI and Azure also say it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	const longest = 24 * time.Hour
	if ms, err := strconv.ParseFloat(strings.TrimSpace(h.Get("Retry-After-Ms")), 64); err == nil && ms >= 0 {
		return time.Duration(min(ms, float64(longest/time.Millisecond)) * float64(time.Millisecond))
	}
	value := strings.TrimSpace(h.Get("Retry-After"))
	if s, err := strconv.ParseFloat(value, 64); err == nil && s >= 0 {
		return time.Duration(min(s, longest.Seconds()) * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), longest)
	}
	return 0
}

// body reads a server's stream line by line and gives it out written anew. The
// end is written only for a whole reply; any other is an error.
type body struct {
	x       *exchange
	d       *dialect
	parent  context.Context
	cancel  context.CancelCauseFunc
	src     io.ReadCloser
	lines   *bufio.Reader
	raw     int
	begun   bool
	first   *time.Timer
	silence time.Duration

	out bytes.Buffer
	err error
}

// open looks at the beginning of an answer: a server that does not stream, and
// a proxy's page, are told by it, whatever they say they are.
func (b *body) open(contentType string) error {
	b.x.mu.Lock()
	b.x.asked = true
	b.x.mu.Unlock()
	b.lines = bufio.NewReaderSize(timed{b}, 32<<10)
	var start byte
	for start == 0 {
		c, err := b.lines.ReadByte()
		if errors.Is(err, io.EOF) {
			return b.x.fail(failf(Empty, "the server's answer is empty; is model.url the API's?"))
		}
		if err != nil {
			return b.x.lost(b.parent, err)
		}
		if !slices.Contains([]byte(" \t\r\n\xef\xbb\xbf"), c) { // a byte order mark too
			start = c
			_ = b.lines.UnreadByte() // it was just read
		}
	}
	if _, params, err := mime.ParseMediaType(contentType); err == nil && strings.HasPrefix(strings.ToLower(params["charset"]), "utf-16") {
		return b.x.fail(charset())
	}
	if start == '<' {
		return b.x.fail(failf(Broken, "an HTML page came instead of a reply; is model.url the API's, and no proxy in between?"))
	}
	for _, one := range b.d.begin() {
		b.emit(one)
	}
	if b.d.sse && start == '{' {
		return b.readWhole()
	}
	return nil
}

func charset() *Error {
	return failf(Broken, "the answer is not written in UTF-8; the server, or a proxy in between, must send it so")
}

// readWhole reads the answer of a server that does not stream.
func (b *body) readWhole() error {
	data, err := io.ReadAll(io.LimitReader(b.lines, maxWhole+1))
	switch {
	case err != nil:
		return b.x.lost(b.parent, err)
	case len(data) > maxWhole:
		return b.x.fail(failf(Broken, "the answer is larger than %d MB", maxWhole>>20))
	case !utf8.Valid(data):
		return b.x.fail(charset())
	case isError(data):
		return b.x.fail(inStream(data))
	}
	ev, err := b.d.whole(data, b.x)
	if err != nil {
		return b.x.fail(failf(Broken, "the answer is broken JSON"))
	}
	if e := b.take(ev); e != nil {
		return e
	}
	b.err = b.close()
	return nil
}

// Read implements [io.Reader].
func (b *body) Read(p []byte) (int, error) {
	for b.out.Len() == 0 {
		if b.err != nil {
			return 0, b.err
		}
		b.err = b.next()
	}
	return b.out.Read(p)
}

// next reads a line.
func (b *body) next() error {
	line, err := b.line()
	atEnd := errors.Is(err, io.EOF)
	if err != nil && !atEnd {
		if e, ok := errors.AsType[*Error](err); ok {
			return b.x.fail(e)
		}
		return b.x.lost(b.parent, err)
	}
	data, ok := b.data(line)
	if ok {
		ev, err := b.understand(data)
		if err != nil {
			return b.x.fail(err)
		}
		b.first.Stop()
		b.begun = true
		if e := b.take(ev); e != nil {
			return e
		}
		if ev.done {
			return b.close()
		}
	}
	if atEnd {
		return b.close()
	}
	return nil
}

// data is what a line holds, if it holds anything.
func (b *body) data(line []byte) ([]byte, bool) {
	line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")))
	if b.d.sse {
		name, value, ok := bytes.Cut(line, []byte(":"))
		switch string(name) {
		case "data":
			line = bytes.TrimSpace(value)
		case "error": // llama.cpp's, before 2025
			if value = bytes.TrimSpace(value); !ok || !json.Valid(value) {
				value = []byte("true")
			}
			line = fmt.Appendf(nil, `{"error":%s}`, value)
		default:
			if !bytes.HasPrefix(line, []byte("{")) && !bytes.HasPrefix(line, []byte("<")) {
				return nil, false // a comment, or event, id, retry
			}
		}
	}
	return line, len(line) > 0
}

func (b *body) understand(data []byte) (event, *Error) {
	if !utf8.Valid(data) {
		return event{}, charset()
	}
	if isError(data) {
		return event{}, inStream(data)
	}
	ev, err := b.d.read(data, b.x)
	if err != nil {
		return ev, failf(Broken, "the reply holds broken JSON")
	}
	return ev, nil
}

// take notes what an event says, and writes its piece.
func (b *body) take(ev event) error {
	x := b.x
	x.mu.Lock()
	if ev.model != "" {
		x.model = ev.model
	}
	x.in, x.out = max(x.in, ev.in), max(x.out, ev.out)
	if ev.finish != "" {
		x.finish = ev.finish
	}
	x.text.WriteString(ev.piece)
	size := x.text.Len()
	if ev.piece != "" {
		x.pieces++
	}
	x.mu.Unlock()
	if ev.failure != nil {
		return x.fail(ev.failure)
	}
	// A token is rarely longer than six bytes. Servers that ignore the limit
	// would write, and bill, until their own.
	if size > max(4096, 12*x.maxTokens) {
		return x.fail(failf(Truncated, "the reply is far longer than the %d tokens asked for: the server ignores the limit; see its settings", x.maxTokens))
	}
	for text := ev.piece; text != ""; {
		n := min(len(text), maxPiece)
		for n < len(text) && !utf8.RuneStart(text[n]) {
			n--
		}
		b.emit(b.d.piece(text[:n]))
		text = text[n:]
	}
	return nil
}

// close judges a reply that has ended, and writes the end of one that is whole.
func (b *body) close() error {
	x := b.x
	x.mu.Lock()
	finish, failure, in, out := x.finish, x.failure, x.in, x.out
	blank := strings.TrimSpace(x.text.String()) == ""
	x.mu.Unlock()
	if failure != nil {
		return failure
	}
	cause, known := ends[finish]
	switch {
	case finish == "" && blank:
		return x.fail(failf(Empty, "the server said nothing"))
	case finish == "":
		return x.fail(failf(Broken, "the reply broke off without its end; see the server's log"))
	case cause == Truncated:
		return x.fail(failf(Truncated, "the reply was cut after %d tokens; raise model.max_tokens", x.maxTokens))
	case cause == Filtered:
		return x.fail(failf(Filtered, "the provider's filter cut the reply"))
	case cause == Overloaded:
		return x.fail(failf(Overloaded, "the server failed within the reply; its own log says why"))
	case !known:
		return x.fail(failf(Broken, "the reply ended in no proper way"))
	case blank:
		return x.fail(failf(Empty, "the model wrote nothing"))
	}
	x.mu.Lock()
	x.whole = true
	x.mu.Unlock()
	for _, one := range b.d.end(in, out) {
		b.emit(one)
	}
	b.tidy()
	return io.EOF
}

// tidy reads the little that follows a reply, so that the connection can be
// used again; a server that holds it open is not waited for.
func (b *body) tidy() {
	b.begun = false // no silence is too long now
	stop := time.AfterFunc(tidyTime, func() { b.cancel(io.EOF) })
	defer stop.Stop()
	_, _ = io.CopyN(io.Discard, b.lines, 4<<10)
}

// emit writes one line for langchaingo.
func (b *body) emit(v any) {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of texts and numbers
	}
	if b.d.sse {
		b.out.WriteString("data: ")
	}
	b.out.Write(data)
	b.out.WriteByte('\n')
	if b.d.sse {
		b.out.WriteByte('\n')
	}
}

// line reads up to the next line break.
func (b *body) line() ([]byte, error) {
	var line []byte
	for {
		part, err := b.lines.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			return nil, failf(Broken, "a line of the reply is longer than %d MB", maxLine>>20)
		}
		line = append(line, part...)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// Close implements [io.Closer].
func (b *body) Close() error {
	b.first.Stop()
	err := b.src.Close()
	b.cancel(nil)
	return err
}

// timed reads from the server, within the time and size that a reply has.
type timed struct{ *body }

func (t timed) Read(p []byte) (int, error) {
	b := t.body
	if b.raw > maxRaw {
		return 0, failf(Broken, "the reply is larger than %d MB", maxRaw>>20)
	}
	if b.begun {
		stop := time.AfterFunc(b.silence, func() {
			b.cancel(b.x.fail(failf(Stalled, "the reply fell silent for %v; raise model.between_chunks if the model is that slow, else see to the server", b.silence)))
		})
		defer stop.Stop()
	}
	n, err := b.src.Read(p)
	b.raw += n
	return n, err
}
