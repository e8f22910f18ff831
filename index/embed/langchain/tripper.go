package langchain

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/index/embed"
)

// maxAnswer bounds an answer: 256 vectors of 8,192 numbers in decimals.
const maxAnswer = 64 << 20

// exchange is what the round tripper saw during one call of langchaingo.
type exchange struct{ failure *embed.MakeError }

type exchangeKey struct{}

// tripper sends the key, bounds and checks answers, and notes what langchaingo
// would lose.
type tripper struct {
	base    http.RoundTripper
	key     Revealer
	ordered bool // answers number their vectors
}

// RoundTrip implements [http.RoundTripper].
func (t *tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	seen, _ := req.Context().Value(exchangeKey{}).(*exchange)
	if seen == nil {
		seen = &exchange{}
	}
	req = req.Clone(req.Context())
	req.Header.Del("Authorization")
	if t.key != nil && t.key.Reveal() != "" {
		req.Header.Set("Authorization", "Bearer "+t.key.Reveal())
	}
	resp, err := t.base.RoundTrip(req)
	if err != nil {
		if ue, ok := errors.AsType[*url.Error](err); ok { // it would name the address twice
			err = ue.Err
		}
		seen.failure = &embed.MakeError{Kind: embed.ErrDown, Reason: err.Error()}
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }() // what was read is read
	if resp.StatusCode != http.StatusOK {
		seen.failure = refusal(resp, time.Now())
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
		resp.Body = http.NoBody
		return resp, nil
	}
	body, failure := t.read(resp.Body)
	if failure != nil {
		seen.failure = failure
		return nil, failure
	}
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return resp, nil
}

func (t *tripper) read(r io.Reader) ([]byte, *embed.MakeError) {
	body, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	bad := func(reason string) *embed.MakeError { return &embed.MakeError{Kind: embed.ErrAnswer, Reason: reason} }
	switch {
	case err != nil:
		return nil, &embed.MakeError{Kind: embed.ErrDown, Reason: "the answer broke off"}
	case len(body) > maxAnswer:
		return nil, bad(fmt.Sprintf("it is larger than %d MB", maxAnswer>>20))
	case !bytes.HasPrefix(bytes.TrimSpace(body), []byte("{")):
		return nil, bad("it is no JSON object; is url the embedder's?")
	case !t.ordered:
		return body, nil
	}
	return inOrder(body)
}

// numbered is one vector of an answer.
type numbered struct {
	Index     *int            `json:"index"`
	Embedding json.RawMessage `json:"embedding"`
}

// inOrder sorts the vectors of an answer by the number each has. Servers that
// number none of them, or all of them 0, are taken to keep the order.
func inOrder(body []byte) ([]byte, *embed.MakeError) {
	var answer struct {
		Data []numbered `json:"data"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return body, nil //nolint:nilerr // langchaingo says so
	}
	if !slices.ContainsFunc(answer.Data, func(d numbered) bool { return d.Index != nil && *d.Index != 0 }) {
		return body, nil
	}
	at := func(d numbered) int {
		if d.Index == nil {
			return 0
		}
		return *d.Index
	}
	slices.SortStableFunc(answer.Data, func(a, b numbered) int { return cmp.Compare(at(a), at(b)) })
	for i, d := range answer.Data {
		if at(d) != i {
			return nil, &embed.MakeError{Kind: embed.ErrAnswer, Reason: fmt.Sprintf("its vectors are numbered wrongly: %d where %d is due", at(d), i)}
		}
	}
	out, err := json.Marshal(answer)
	if err != nil {
		return body, nil //nolint:nilerr // it was decoded a moment ago
	}
	return out, nil
}

// refusal is what a status means. What the server wrote is left out: it may
// quote texts or the key.
func refusal(resp *http.Response, now time.Time) *embed.MakeError {
	status := fmt.Sprintf("HTTP %d", resp.StatusCode)
	f := &embed.MakeError{Kind: embed.ErrRefused, Reason: status, After: retryAfter(resp.Header.Get("Retry-After"), now)}
	switch code := resp.StatusCode; {
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code >= 500:
		f.Kind = embed.ErrDown
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		f.Reason += "; check embedder.key"
	case code == http.StatusPaymentRequired:
		f.Reason += "; the account has no credit"
	case code == http.StatusNotFound:
		f.Reason += "; check embedder.url and embedder.model (with Ollama: ollama pull it first)"
	case code >= 300 && code < 400:
		f.Reason += "; it sends us elsewhere: set embedder.url to where it leads"
	case code == http.StatusBadRequest, code == http.StatusRequestEntityTooLarge, code == http.StatusUnprocessableEntity:
		f.Kind = embed.ErrText
		f.Reason += "; a text may be too long for the model"
	case code < 300:
		f.Kind = embed.ErrAnswer
	}
	return f
}

// retryAfter reads the header of that name: seconds, or a date (RFC 9110,
// section 10.2.3).
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if s, err := strconv.Atoi(value); err == nil {
		return time.Duration(min(max(s, 0), 86400)) * time.Second
	}
	if at, err := http.ParseTime(value); err == nil {
		return min(max(at.Sub(now), 0), 24*time.Hour)
	}
	return 0
}
