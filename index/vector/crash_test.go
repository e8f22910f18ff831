package vector_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/vector"
)

// The test's binary can be a process that writes until it is killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == "write" {
		from, _ := strconv.Atoi(os.Args[3])
		fmt.Println("could not go on:", write(os.Args[2], from))
		os.Exit(1)
	}
	flag.Parse()
	os.Exit(m.Run())
}

// write puts batches of ten, deletes some of what is older, and says of each
// batch that it is safe.
func write(dir string, from int) error {
	ctx, c := context.Background(), newCloud(uint64(from), 64, 8, 10)
	s, _, err := vector.Open(ctx, dir, vector.Options{Model: model, Exact: 50})
	if err != nil {
		return err
	}
	for batch := from; ; batch++ {
		var put []vector.Item
		for i := range 10 {
			put = append(put, vector.Item{ID: itemID(10*batch + i), Vector: c.draw()})
		}
		// Of each batch eight go as soon as the next but two is there.
		var del []string
		for i := range 8 {
			del = append(del, itemID(10*(batch-3)+i))
		}
		if err := s.Apply(ctx, put, del); err != nil {
			return err
		}
		fmt.Println(batch)
	}
}

func TestAKilledProcessLosesNothingThatWasSafe(t *testing.T) {
	exe, err := os.Executable()
	require.NoError(t, err)
	dir, next := t.TempDir(), 3
	for round := range 4 {
		cmd := exec.Command(exe, "write", dir, strconv.Itoa(next))
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		lines := bufio.NewScanner(out)
		for range 40 + 13*round {
			require.True(t, lines.Scan())
			safe, err := strconv.Atoi(lines.Text())
			require.NoError(t, err, lines.Text())
			next = safe + 1
		}
		require.NoError(t, cmd.Process.Kill())
		for lines.Scan() { // what it still said
			safe, err := strconv.Atoi(lines.Text())
			require.NoError(t, err, lines.Text())
			next = safe + 1
		}
		require.Error(t, cmd.Wait())

		s, found := open(t, dir, vector.Options{Exact: 50})
		require.Empty(t, found.Fresh)
		require.Empty(t, found.Graph)
		if s.Has(itemID(10 * next)) {
			next++ // written whole, not yet said
		}
		for batch := 3; batch < next; batch++ {
			for i := range 10 {
				require.Equal(t, i >= 8 || batch >= next-3, s.Has(itemID(10*batch+i)), "batch %d of %d", batch, next)
			}
		}
		require.NoError(t, s.Settle(t.Context()))
		require.NoError(t, s.Close())
	}
}
