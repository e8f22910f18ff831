package llm_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/llm"
)

// hang writes what it is given and waits until the client leaves.
func hang(parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for _, s := range parts {
			_, _ = io.WriteString(w, s)
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}
}

// drip writes a part every so often.
func drip(every time.Duration, parts ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		for _, s := range parts {
			select {
			case <-time.After(every):
			case <-r.Context().Done():
				return
			}
			_, _ = io.WriteString(w, s)
			w.(http.Flusher).Flush()
		}
	}
}

func TestServersThatAreLate(t *testing.T) {
	for _, tt := range []struct {
		name    string
		handler func(p llm.Provider) http.HandlerFunc
		want    llm.Cause
		after   time.Duration
		says    string
	}{
		{"nothing at all", func(llm.Provider) http.HandlerFunc { return hang() }, llm.SlowStart, 10 * time.Second, "model.first_byte"},
		{"a status and nothing more", func(llm.Provider) http.HandlerFunc { return hang("") }, llm.SlowStart, 10 * time.Second, "model.first_byte"},
		{"a comment and nothing more", func(llm.Provider) http.HandlerFunc { return hang("\n\n") }, llm.SlowStart, 10 * time.Second, ""},
		{"silence in the middle", func(p llm.Provider) http.HandlerFunc { return hang(starting(p, 3)+piece(p, "half"), piece(p, " a")) }, llm.Stalled, 5 * time.Second, "model.between_chunks"},
		{"silence within a line", func(p llm.Provider) http.HandlerFunc {
			return hang(starting(p, 3)+piece(p, "half"), piece(p, " a")[:40])
		}, llm.Stalled, 5 * time.Second, ""},
		{"the deadline in the middle", func(p llm.Provider) http.HandlerFunc {
			parts := []string{starting(p, 3) + piece(p, "half")}
			for range 20 {
				parts = append(parts, piece(p, " a"))
			}
			return drip(time.Second, parts...)
		}, llm.Deadline, 12 * time.Second, "model.deadline"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, p llm.Provider) {
				t.Helper()
				m := model(t, p, "http://h", over(t, tt.handler(p)))
				began := time.Now()
				got, err := m.Generate(t.Context(), prompt, nil)
				requireCause(t, tt.want, err)
				require.ErrorContains(t, err, tt.says)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Equal(t, tt.after, time.Since(began))
				require.Zero(t, got)
			})
		})
	}
}

// A deadline that falls between two pieces gave half a reply without an error
// in every other run of langchaingo alone.
func TestTheDeadlineNeverGivesHalfAReply(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		parts := []string{starting(p, 3)}
		for range 300 {
			parts = append(parts, piece(p, "ord "))
		}
		parts = append(parts, ending(p, whole[p], 3, 300))
		m := model(t, p, "http://h", over(t, drip(10*time.Millisecond, parts...)))
		for i := range 40 {
			ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond+time.Duration(i)*time.Millisecond)
			got, err := m.Generate(ctx, prompt, func(string) {})
			cancel()
			requireCause(t, llm.Deadline, err)
			require.ErrorContains(t, err, "that the caller had")
			require.Zero(t, got)
		}
		got, err := m.Generate(t.Context(), prompt, nil)
		require.NoError(t, err, "a caller in haste says nothing against the server")
		require.Equal(t, strings.Repeat("ord ", 300), got.Text)
	})
}

func TestASilentServerIsSickHoweverLittleTimeCallersHave(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		m := model(t, p, "http://h", over(t, hang()))
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			_, err := m.Generate(ctx, prompt, nil)
			cancel()
			requireCause(t, llm.Deadline, err)
		}
		require.True(t, m.Resting())
	})
}

func TestACallerThatLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		logs := &watched{}
		m := model(t, p, "http://h", over(t, hang(starting(p, 3)+piece(p, "half"))), logged(logs))
		ctx, cancel := context.WithCancel(t.Context())
		_, err := m.Generate(ctx, prompt, func(string) { cancel() })
		requireCause(t, llm.Cancelled, err)
		require.ErrorIs(t, err, context.Canceled)
		require.False(t, errors.Is(err, context.DeadlineExceeded))
		require.Contains(t, logs.String(), "level=DEBUG")
		require.NotContains(t, logs.String(), "level=WARN")
	})
}

func TestASlowWatcherIsNoSlowServer(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		m := model(t, p, "http://h", over(t, drip(time.Millisecond, starting(p, 3)+piece(p, "a"), piece(p, "b"), ending(p, whole[p], 3, 2))),
			func(o *llm.Options) { o.BetweenChunks = time.Second })
		got, err := m.Generate(t.Context(), prompt, func(string) { time.Sleep(3 * time.Second) })
		require.NoError(t, err)
		require.Equal(t, "ab", got.Text)
	})
}

func TestAServerThatDoesNotHangUpAfterTheReply(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		m := model(t, p, "http://h", over(t, hang(reply(p, "ja"))))
		got, err := m.Generate(t.Context(), prompt, nil)
		require.NoError(t, err)
		require.Equal(t, "ja", got.Text)
		require.Less(t, got.Took, time.Second)
	})
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	each(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		var mu sync.Mutex
		seen := map[string]bool{}
		m := model(t, p, serve(t, func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			seen[r.RemoteAddr] = true
			mu.Unlock()
			answering(200, reply(p, "ja"))(w, r)
		}))
		for range 5 {
			_, err := m.Generate(t.Context(), prompt, nil)
			require.NoError(t, err)
		}
		require.Len(t, seen, 1)
	})
}

func TestPingsAreSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const p = llm.Anthropic
		ping := "event: ping\n" + line(p, obj{"type": "ping"})
		m := model(t, p, "http://h", over(t, drip(3*time.Second, starting(p, 3), ping, ping+piece(p, "ja")+ending(p, whole[p], 1, 1))))
		_, err := m.Generate(t.Context(), prompt, nil)
		require.NoError(t, err)
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		for header, want := range map[string]time.Duration{"2": 2 * time.Second, "0.5": 500 * time.Millisecond} {
			var times []time.Time
			m := model(t, p, "http://h", over(t, func(w http.ResponseWriter, r *http.Request) {
				times = append(times, time.Now())
				if len(times) <= 2 {
					w.Header().Set("Retry-After", header)
					answering(429, "")(w, r)
					return
				}
				answering(200, reply(p, "ja"))(w, r)
			}))
			_, err := m.Generate(t.Context(), prompt, nil)
			require.NoError(t, err)
			require.Equal(t, want, times[1].Sub(times[0]))
			require.Equal(t, want, times[2].Sub(times[1]))
		}
	})
}

func TestALongRetryAfterIsReportedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		var requests atomic.Int32
		m := model(t, p, "http://h", over(t, func(w http.ResponseWriter, r *http.Request) {
			if requests.Add(1) == 1 {
				w.Header().Set("Retry-After", time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat))
				answering(429, "")(w, r)
				return
			}
			answering(200, reply(p, "ja"))(w, r)
		}))
		began := time.Now()
		_, err := m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.RateLimited, err)
		e, ok := errors.AsType[*llm.Error](err)
		require.True(t, ok)
		require.Equal(t, 30*time.Second, e.RetryAfter)
		require.Equal(t, 429, e.Status)
		require.Zero(t, time.Since(began))

		time.Sleep(20 * time.Second)
		_, err = m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.RateLimited, err)
		require.EqualValues(t, 1, requests.Load(), "the server is left alone meanwhile")

		time.Sleep(8 * time.Second)
		_, err = m.Generate(t.Context(), prompt, nil)
		require.NoError(t, err)
		require.Equal(t, 30*time.Second, time.Since(began), "what is left is waited for")
	})
}

func TestAModelThatFailsIsLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		var requests atomic.Int32
		var healthy atomic.Bool
		logs := &watched{}
		m := model(t, p, "http://h", over(t, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			if healthy.Load() {
				answering(200, reply(p, "ja"))(w, r)
				return
			}
			answering(500, "")(w, r)
		}), logged(logs))
		_, err := m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Overloaded, err)
		require.EqualValues(t, 3, requests.Load())
		_, err = m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Open, err)
		require.EqualValues(t, 5, requests.Load(), "an open breaker is not asked again")
		require.True(t, m.Resting())
		began := time.Now()
		_, err = m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Open, err)
		require.Zero(t, time.Since(began))
		require.EqualValues(t, 5, requests.Load())

		time.Sleep(31 * time.Second)
		_, err = m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Open, err)
		require.EqualValues(t, 6, requests.Load(), "one request tries whether it is well again")
		time.Sleep(31 * time.Second)
		healthy.Store(true)
		for range 3 {
			_, err = m.Generate(t.Context(), prompt, nil)
			require.NoError(t, err)
		}
		require.False(t, m.Resting())
		require.Contains(t, logs.String(), "is=open")
		require.Contains(t, logs.String(), "is=closed")
	})
}

func TestWhatIsNoFaultOfTheServerDoesNotOpenTheBreaker(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		for _, h := range []http.HandlerFunc{answering(401, ""), answering(400, ""), answering(200, starting(p, 1)+piece(p, "a")+ending(p, cut[p], 1, 1))} {
			m := model(t, p, "http://h", over(t, h))
			for range 10 {
				_, err := m.Generate(t.Context(), prompt, nil)
				require.NotEqual(t, llm.Open, llm.CauseOf(err))
			}
		}
	})
}

func TestAWorkspaceHasSoManyCallsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		var now, most atomic.Int32
		release := make(chan struct{})
		m := model(t, p, "http://h", over(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			n := now.Add(1)
			most.Store(max(most.Load(), n))
			defer now.Add(-1)
			<-release
			answering(200, reply(p, "ja"))(w, r)
		}), func(o *llm.Options) { o.Parallel = 2 })
		var wg sync.WaitGroup
		causes := make(chan llm.Cause, 6)
		for i := range 6 {
			wg.Go(func() {
				q := prompt
				if i == 5 {
					q.Workspace = "other"
				}
				_, err := m.Generate(t.Context(), q, nil)
				causes <- llm.CauseOf(err)
			})
		}
		synctest.Wait()
		require.EqualValues(t, 3, now.Load(), "two of one workspace, one of the other")
		time.Sleep(4 * time.Second) // more than a quarter of the deadline
		synctest.Wait()
		close(release)
		wg.Wait()
		close(causes)
		count := map[llm.Cause]int{}
		for c := range causes {
			count[c]++
		}
		require.Equal(t, map[llm.Cause]int{llm.OK: 3, llm.Busy: 3}, count)
		_, err := m.Generate(t.Context(), prompt, nil)
		require.NoError(t, err, "places are given back")
	})
}

func TestRequestsKeepTheirDistance(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		var times []time.Time
		m := model(t, p, "http://h", over(t, func(w http.ResponseWriter, r *http.Request) {
			times = append(times, time.Now())
			answering(200, reply(p, "ja"))(w, r)
		}), func(o *llm.Options) { o.Rate = 2 })
		for range 3 {
			_, err := m.Generate(t.Context(), prompt, nil)
			require.NoError(t, err)
		}
		require.Equal(t, 500*time.Millisecond, times[1].Sub(times[0]))
		require.Equal(t, time.Second, times[2].Sub(times[0]))

		m = model(t, p, "http://h", over(t, answering(200, reply(p, "ja"))), func(o *llm.Options) { o.Rate = 0.1 })
		_, err := m.Generate(t.Context(), prompt, nil)
		require.NoError(t, err)
		_, err = m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.RateLimited, err)
		require.ErrorContains(t, err, "model.rate")
	})
}
