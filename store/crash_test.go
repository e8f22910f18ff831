package store_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/store/storetest"
)

const (
	crashDir  = "STORE_CRASH_DIR"
	crashFrom = "STORE_CRASH_FROM"
)

// TestMain is also the process that TestKilledProcessLosesNothing kills.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		if err := acceptUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(storetest.Main(m))
}

// acceptUntilKilled accepts numbered events as fast as it can and says so,
// while it works the jobs.
func acceptUntilKilled(dir string) error {
	ctx := context.Background()
	from, err := strconv.Atoi(os.Getenv(crashFrom))
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return err
	}
	failed := make(chan error, 1)
	go func() { failed <- s.Work(ctx, 4, suggestAndDeliver(s)) }()
	for n := from; ; n++ {
		select {
		case err := <-failed:
			return err
		default:
		}
		key := fmt.Sprintf("k%06d", n)
		_, err := s.Accept(ctx, "w", "d", []connectors.Event{event(key), event(key + "-too")})
		if err != nil {
			return err
		}
		fmt.Println(n)
	}
}

func suggestAndDeliver(s *store.Store) map[string]store.Handler {
	return map[string]store.Handler{
		store.JobEvent: func(ctx context.Context, j store.Job) error {
			e, err := s.Event(ctx, j.Desk, j.Key)
			if err != nil {
				return err
			}
			_, err = s.SaveSuggestion(ctx, store.Suggestion{
				ID:        fmt.Sprintf("%s-%d", j.Key, time.Now().UnixNano()), // as with any id made anew
				Workspace: j.Workspace, Desk: j.Desk, EventKey: j.Key, Conversation: e.Conversation, Message: e.Message,
			}, true)
			return err
		},
		store.JobDeliver: func(ctx context.Context, j store.Job) error {
			return s.SaveDelivery(ctx, store.Delivery{Suggestion: j.Key, Desk: j.Desk, State: store.DeliveryDelivered, Attempts: j.Attempt})
		},
	}
}

func TestKilledProcessLosesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes for some seconds")
	}
	t.Parallel()
	const want = 500 // acknowledged deliveries of two events
	dir := t.TempDir()
	exe, err := os.Executable()
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))

	acknowledged, kills := 0, 0
	for acknowledged < want {
		child := exec.Command(exe)
		child.Env = append(os.Environ(), crashDir+"="+dir, fmt.Sprint(crashFrom, "=", acknowledged))
		stdout, err := child.StdoutPipe()
		require.NoError(t, err)
		var stderr strings.Builder
		child.Stderr = &stderr
		require.NoError(t, child.Start())

		enough := acknowledged + 1 + random.IntN(120)
		killed := false
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			n, err := strconv.Atoi(lines.Text())
			require.NoError(t, err)
			require.Equal(t, acknowledged, n)
			acknowledged++ // also what it said between our signal and its end
			if acknowledged >= enough && !killed {
				time.Sleep(time.Duration(random.IntN(3000)) * time.Microsecond)
				require.NoError(t, child.Process.Kill())
				killed = true
			}
		}
		require.Error(t, child.Wait())
		require.True(t, killed, "it ended by itself: %s", stderr.String())
		kills++
	}
	require.GreaterOrEqual(t, kills, 3)

	s := open(t, store.Options{Dir: dir})
	depth, err := s.QueueDepth(t.Context())
	require.NoError(t, err)
	t.Logf("%d deliveries acknowledged, %d processes killed, %d jobs left for the last one", acknowledged, kills, depth)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Work(ctx, 4, suggestAndDeliver(s)) }()
	require.Eventually(t, func() bool {
		n, err := s.QueueDepth(ctx)
		require.NoError(t, err)
		return n == 0
	}, time.Minute, 20*time.Millisecond)
	cancel()
	require.NoError(t, <-done)

	for n := range acknowledged {
		for _, key := range []string{fmt.Sprintf("k%06d", n), fmt.Sprintf("k%06d-too", n)} {
			sug, err := s.SuggestionFor(t.Context(), "w", "d", key)
			require.NoError(t, err, "acknowledged, but without a suggestion")
			deliveries, err := s.Deliveries(t.Context(), "w", sug.ID)
			require.NoError(t, err)
			require.Len(t, deliveries, 1)
			require.Equal(t, store.DeliveryDelivered, deliveries[0].State)
		}
	}
	counts := map[string]int{}
	for after := int64(0); ; {
		items, err := s.Feed(t.Context(), "w", after, 1000)
		require.NoError(t, err)
		if len(items) == 0 {
			break
		}
		for _, item := range items {
			counts[item.Kind+" "+item.Ref]++
			after = item.Seq
		}
	}
	for what, n := range counts {
		require.Equal(t, 1, n, "%s happened more than once", what)
	}
	dead, err := s.DeadJobs(t.Context())
	require.NoError(t, err)
	require.Empty(t, dead)
	require.NoError(t, s.Verify(t.Context()))
}
