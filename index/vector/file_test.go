package vector_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/vector"
)

// written is the bytes of a store's files after a few batches, and where each
// of the log's batches ends.
func written(tb testing.TB, exact int) (logBytes, graphBytes []byte, ends []int) {
	tb.Helper()
	dir, c := tb.TempDir(), newCloud(4, 16, 4, 4)
	s, _ := open(tb, dir, vector.Options{Dim: 16, Exact: exact})
	ends = append(ends, int(s.State().Disk))
	items := c.items(40)
	for i := 0; i < len(items); i += 10 {
		require.NoError(tb, s.Apply(tb.Context(), items[i:i+10], []string{itemID(i - 3)}))
		ends = append(ends, int(s.State().Disk))
	}
	require.NoError(tb, s.Settle(tb.Context()))
	require.NoError(tb, s.Close())
	logBytes, err := os.ReadFile(filepath.Join(dir, "vectors"))
	require.NoError(tb, err)
	graphBytes, err = os.ReadFile(filepath.Join(dir, "graph"))
	require.True(tb, err == nil || exact == 0)
	return logBytes, graphBytes, ends
}

func folder(tb testing.TB, logBytes, graphBytes []byte) string {
	tb.Helper()
	dir := tb.TempDir()
	require.NoError(tb, os.WriteFile(filepath.Join(dir, "vectors"), logBytes, 0o600))
	if graphBytes != nil {
		require.NoError(tb, os.WriteFile(filepath.Join(dir, "graph"), graphBytes, 0o600))
	}
	return dir
}

// sizes is how many vectors there are after each batch of written.
var sizes = []int{0, 10, 19, 28, 37}

func TestATornTailIsCutAndReported(t *testing.T) {
	data, _, ends := written(t, 0)
	require.Equal(t, len(data), ends[len(ends)-1])
	for cut := ends[0]; cut < len(data); cut += 3 {
		whole := 0
		for whole+1 < len(ends) && ends[whole+1] <= cut {
			whole++
		}
		dir := folder(t, data[:cut], nil)
		s, found := open(t, dir, vector.Options{})
		require.EqualValues(t, cut-ends[whole], found.Cut, "cut at %d", cut)
		require.Equal(t, sizes[whole], s.Len(), "cut at %d", cut)
		if cut%37 == 0 {
			v := make([]float32, 16)
			v[0] = 1
			require.NoError(t, s.Apply(t.Context(), []vector.Item{{ID: "later", Vector: v}}, nil))
			require.NoError(t, s.Close())
			s, found = open(t, dir, vector.Options{})
			require.Zero(t, found.Cut)
			require.Equal(t, sizes[whole]+1, s.Len())
		}
		require.NoError(t, s.Close())
	}
}

func TestATailOfZerosIsCut(t *testing.T) {
	data, _, ends := written(t, 0)
	for _, whole := range []int{0, 2, 4} {
		s, found := open(t, folder(t, append(slices.Clone(data[:ends[whole]]), make([]byte, 5000)...), nil), vector.Options{})
		require.EqualValues(t, 5000, found.Cut)
		require.Equal(t, sizes[whole], s.Len())
	}
}

func TestEntriesThatContradictEachOther(t *testing.T) {
	put := func(slot byte, id string) string {
		return string([]byte{1, slot, 0, 0, 0, byte(len(id)), 0}) + id + "\x09\x09"
	}
	del := func(slot byte) string { return string([]byte{2, slot, 0, 0, 0}) }
	for _, tt := range []struct {
		name    string
		payload string
		good    bool
	}{
		{"two vectors", put(0, "a") + put(1, "b"), true},
		{"a slot that is used again", put(0, "a") + del(0) + put(0, "b"), true},
		{"an id twice", put(0, "a") + put(1, "a"), false},
		{"a slot twice", put(0, "a") + put(0, "b"), false},
		{"a slot far off", put(0, "a") + put(200, "b"), false},
		{"a delete of nothing", del(0), false},
		{"an id of no bytes", put(0, ""), false},
		{"a vector without direction", "\x01\x00\x00\x00\x00\x01\x00a\x00\x00", false},
		{"another kind", "\x09\x00\x00\x00\x00", false},
		{"half an entry", put(0, "a")[:8], false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := folder(t, append(slices.Clone(written0), record(1, []byte(tt.payload))...), nil)
			s, _, err := vector.Open(t.Context(), dir, vector.Options{Model: model})
			if tt.good {
				require.NoError(t, err)
				require.NoError(t, s.Close())
				return
			}
			require.ErrorIs(t, err, vector.ErrCorrupt)
		})
	}
}

func TestDamageIsFound(t *testing.T) {
	data, _, ends := written(t, 0)
	for at := 0; at < ends[len(ends)-2]; at += 1 + at/64 {
		bad := slices.Clone(data)
		bad[at] ^= 0x10
		_, _, err := vector.Open(t.Context(), folder(t, bad, nil), vector.Options{Model: model})
		if at == 6 || at == 7 {
			require.ErrorIs(t, err, vector.ErrVersion, "byte %d", at)
			continue
		}
		require.ErrorIs(t, err, vector.ErrCorrupt, "byte %d", at)
	}
	dir := folder(t, data[:ends[0]-1], nil)
	_, _, err := vector.Open(t.Context(), dir, vector.Options{Model: model})
	require.ErrorIs(t, err, vector.ErrCorrupt, "half a header")
	require.NoError(t, vector.Remove(dir))
	s, found := open(t, dir, vector.Options{})
	require.Contains(t, found.Fresh, "none yet")
	require.Zero(t, s.Len())
}

func TestADamagedGraphIsBuiltAgain(t *testing.T) {
	data, graph, _ := written(t, 5)
	c := newCloud(4, 16, 4, 4)
	items := c.items(40)
	items = slices.DeleteFunc(items, func(it vector.Item) bool {
		return it.ID == itemID(7) || it.ID == itemID(17) || it.ID == itemID(27)
	})
	for at := 0; at < len(graph); at += 1 + at/50 {
		bad := slices.Clone(graph)
		bad[at] ^= 0x08
		s, found := open(t, folder(t, data, bad), vector.Options{Exact: 5})
		require.NotEmpty(t, found.Graph, "byte %d", at)
		if at%5 == 0 {
			require.NoError(t, s.Settle(t.Context()))
			q := c.draw()
			got, err := s.Search(t.Context(), q, 1, nil)
			require.NoError(t, err)
			require.Equal(t, ids(nearest(items, q, 1, nil)), ids(got))
		}
		require.NoError(t, s.Close())
	}
	for cut := 0; cut < len(graph); cut += 13 {
		s, found := open(t, folder(t, data, graph[:cut]), vector.Options{Exact: 5})
		require.NotEmpty(t, found.Graph, "cut at %d", cut)
		require.NoError(t, s.Close())
	}
	s, found := open(t, folder(t, data, graph), vector.Options{Exact: 5})
	require.Equal(t, vector.Opened{}, found)
	require.Equal(t, 37, s.Len())
}

// TestAGraphOfEarlierServes opens a log that has more than the graph knows, as
// after a crash.
func TestAGraphOfEarlierServes(t *testing.T) {
	dir, c := t.TempDir(), newCloud(8, 32, 8, 6)
	items := c.items(900)
	s, _ := open(t, dir, vector.Options{Exact: 100})
	require.NoError(t, s.Apply(t.Context(), items[:500], nil))
	require.NoError(t, s.Settle(t.Context()))
	require.NoError(t, s.Close())
	graph, err := os.ReadFile(filepath.Join(dir, "graph"))
	require.NoError(t, err)
	s, _ = open(t, dir, vector.Options{Exact: 100})
	require.NoError(t, s.Apply(t.Context(), items[500:], []string{itemID(3), itemID(4)}))
	require.NoError(t, s.Close())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "graph"), graph, 0o600))
	s, found := open(t, dir, vector.Options{Exact: 100})
	require.Equal(t, vector.Opened{}, found)
	items = slices.DeleteFunc(items, func(it vector.Item) bool { return it.ID == itemID(3) || it.ID == itemID(4) })
	for settled := range 2 {
		if settled == 1 {
			require.NoError(t, s.Settle(t.Context()))
		}
		mean := 0.0
		for range 30 {
			q := c.draw()
			got, err := s.Search(t.Context(), q, 5, nil)
			require.NoError(t, err)
			mean += recall(got, nearest(items, q, 5, nil)) / 30
		}
		require.Greater(t, mean, 0.93)
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func summed(b []byte) []byte {
	return binary.LittleEndian.AppendUint32(slices.Clone(b), crc32.Checksum(b, castagnoli))
}

// record is a payload as the log has it, with sums that are right, so that the
// fuzzer gets past them.
func record(seq uint64, payload []byte) []byte {
	b := binary.LittleEndian.AppendUint64([]byte("VREC"), seq)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(payload)))
	b = binary.LittleEndian.AppendUint32(b, crc32.Checksum(payload, castagnoli))
	return append(summed(b), payload...)
}

// FuzzLog opens logs of any content: raw says whether data is the whole file
// or records' payloads of up to 255 bytes, each after its length.
func FuzzLog(f *testing.F) {
	data, _, ends := written(f, 0)
	f.Add(true, data)
	f.Add(true, data[:ends[2]+30])
	put := func(slot byte, id byte) string { return string([]byte{1, slot, 0, 0, 0, 1, 0, id, 9, 9}) }
	f.Add(false, []byte("\x14"+put(0, 'a')+put(1, 'b')+"\x05\x02\x00\x00\x00\x00\x0a"+put(0, 'c')))
	f.Add(false, []byte("\x14"+put(0, 'a')+put(1, 'a')))
	f.Add(false, []byte("\x0f\x03\x00\x00\x00\x00\x03\x01\x00\x00\x00\x01\x00\x00\x00\x00\x01\x00"+"a"))
	f.Add(false, []byte("\x05\x02\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, raw bool, data []byte) {
		if !raw {
			file := slices.Clone(written0)
			for seq := uint64(1); len(data) > 0; seq++ {
				n := min(len(data)-1, int(data[0]))
				file, data = append(file, record(seq, data[1:1+n])...), data[1+n:]
			}
			data = file
		}
		dir := folder(t, data, nil)
		s, _, err := vector.Open(t.Context(), dir, vector.Options{Model: model})
		if err != nil {
			require.NoError(t, vector.Remove(dir))
			return
		}
		n, dim := s.Len(), max(1, s.State().Dim)
		v := make([]float32, dim)
		v[0] = 1
		hits, err := s.Search(t.Context(), v, 3, nil)
		require.NoError(t, err)
		require.Len(t, hits, min(3, n))
		had := s.Has("new")
		require.NoError(t, s.Apply(t.Context(), []vector.Item{{ID: "new", Vector: v}}, nil))
		require.NoError(t, s.Close())
		s, found, err := vector.Open(t.Context(), dir, vector.Options{Model: model})
		require.NoError(t, err, "what was opened and written opens again")
		require.Zero(t, found.Cut)
		require.Equal(t, had, n == s.Len())
		require.NoError(t, s.Close())
	})
}

// written0 is the header of a log of two dimensions.
var written0 = summed(append([]byte("SUFVEC\x01\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x0a\x00"), model...))

// FuzzGraph opens graphs of any content beside a good log.
func FuzzGraph(f *testing.F) {
	data, graph, _ := written(f, 5)
	const head = 36
	f.Add(true, graph)
	f.Add(false, graph[head:len(graph)-4])
	f.Add(false, []byte{0, 1, 0, 0, 0, 0})
	f.Add(false, []byte{255, 255, 1, 0, 1, 9, 9, 9, 9})
	f.Fuzz(func(t *testing.T, raw bool, body []byte) {
		if !raw {
			h := binary.LittleEndian.AppendUint32([]byte("SUFGRA\x01\x00"), 16)
			h = binary.LittleEndian.AppendUint64(h, 4)
			h = binary.LittleEndian.AppendUint32(h, uint32(min(40, len(body))))
			h = binary.LittleEndian.AppendUint64(h, 0) // entry and top
			body = append(summed(h), summed(body)...)
		}
		s, _, err := vector.Open(t.Context(), folder(t, data, body), vector.Options{Model: model, Exact: 5})
		require.NoError(t, err, "a graph is never in the way")
		v := make([]float32, 16)
		v[0] = 1
		for range 2 {
			_, err := s.Search(t.Context(), v, 3, nil)
			require.NoError(t, err)
			require.NoError(t, s.Settle(t.Context()))
		}
		require.NoError(t, s.Apply(t.Context(), []vector.Item{{ID: "new", Vector: v}}, []string{itemID(1)}))
		require.NoError(t, s.Settle(t.Context()))
		require.Equal(t, 37, s.Len(), fmt.Sprint(s.State()))
		require.NoError(t, s.Close())
	})
}
