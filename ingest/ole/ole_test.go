package ole_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/ole"
	"github.com/sufflor/sufflor/ingest/ole/oletest"
)

func input(data []byte) ingest.Input {
	return ingest.Input{Name: "old.doc", Path: "old.doc", Data: bytes.NewReader(data), Size: int64(len(data))}
}

func sample() map[string][]byte {
	return map[string][]byte{
		"WordDocument":           bytes.Repeat([]byte("hei "), 50_000),
		"1Table":                 []byte("small"),
		"\x05SummaryInformation": []byte("props"),
		"Empty":                  {},
		"ObjectPool/_1/Ole":      []byte("inner"),
	}
}

func TestStreams(t *testing.T) {
	f, err := ole.Open(input(oletest.Build(sample())))
	require.NoError(t, err)
	for _, path := range [][]string{{"WordDocument"}, {"WORDDOCUMENT"}, {"1table"}, {"SummaryInformation"}, {"Empty"}, {"ObjectPool", "_1", "ole"}} {
		require.True(t, f.Has(path...), path)
		for range 2 { // a stream can be read again
			_, err := f.Stream(path...)
			require.NoError(t, err, path)
		}
	}
	got, err := f.Stream("worddocument")
	require.NoError(t, err)
	require.Equal(t, sample()["WordDocument"], got)
	got, err = f.Stream("ObjectPool", "_1", "Ole")
	require.NoError(t, err)
	require.Equal(t, "inner", string(got))
	_, err = f.Stream("Workbook")
	require.ErrorIs(t, err, ole.ErrNoStream)
	require.False(t, f.Has("ObjectPool"), "a storage is no stream")
}

func TestList(t *testing.T) {
	f, err := ole.Open(input(oletest.Build(sample())))
	require.NoError(t, err)
	require.ElementsMatch(t, []ole.Entry{
		{Name: "WordDocument", Size: 200_000},
		{Name: "1Table", Size: 5},
		{Name: "SummaryInformation", Size: 5},
		{Name: "Empty"},
		{Name: "ObjectPool", Storage: true},
	}, f.List())
	require.Equal(t, []ole.Entry{{Name: "Ole", Size: 5}}, f.List("objectpool", "_1"))
	require.Empty(t, f.List("nowhere"))
}

// properties is a set with a code page and a title of a kind.
func properties(page, kind uint32, title string, size int) []byte {
	le := binary.LittleEndian
	b := make([]byte, 48)
	le.PutUint32(b[44:], 48)
	for _, v := range []uint32{0, 2, 1, 24, 2, 32, 2, page, kind, uint32(size)} {
		b = le.AppendUint32(b, v)
	}
	return append(b, title...)
}

func TestTitle(t *testing.T) {
	tests := []struct {
		name string
		set  []byte
		want string
	}{
		{name: "Western Europe", set: properties(1252, 0x1E, "Gj\xf8r \n det\x00", 10), want: "Gjør det"},
		{name: "Cyrillic", set: properties(1251, 0x1E, "\xd6\xe5\xed\xe0\x00", 5), want: "Цена"},
		{name: "UTF-8", set: properties(65001, 0x1E, "på\x00", 4), want: "på"},
		{name: "UTF-16", set: properties(1200, 0x1E, "p\x00\xe5\x00\x00\x00", 6), want: "på"},
		{name: "a wide string", set: properties(1252, 0x1F, "p\x00\xe5\x00\x00\x00", 3), want: "på"},
		{name: "longer than the set", set: properties(1252, 0x1E, "x", 900)},
		{name: "a number", set: properties(1252, 3, "x", 1)},
		{name: "a set that is cut", set: properties(1252, 0x1E, "x", 1)[:50]},
		{name: "no set", set: nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f, err := ole.Open(input(oletest.Build(map[string][]byte{"\x05SummaryInformation": tt.set})))
			require.NoError(t, err)
			require.Equal(t, tt.want, f.Title())
		})
	}
}

func TestDamagedContainers(t *testing.T) {
	le := binary.LittleEndian
	whole := oletest.Build(sample())
	dir := int(le.Uint32(whole[48:])+1) * 512
	fat := int(le.Uint32(whole[76:])+1) * 512
	tests := []struct {
		name  string
		spoil func(b []byte) []byte
	}{
		{name: "nothing", spoil: func([]byte) []byte { return nil }},
		{name: "no compound file", spoil: func([]byte) []byte { return []byte("hello") }},
		{name: "the header alone", spoil: func(b []byte) []byte { return b[:512] }},
		{name: "cut in half", spoil: func(b []byte) []byte { return b[:len(b)/2] }},
		{name: "a sector size of 1", spoil: func(b []byte) []byte { le.PutUint16(b[30:], 0); return b }},
		{name: "a directory that is its own child", spoil: func(b []byte) []byte { le.PutUint32(b[dir+76:], 0); return b }},
		{name: "a directory chain in a circle", spoil: func(b []byte) []byte {
			start := int(le.Uint32(b[48:]))
			le.PutUint32(b[fat+4*start:], uint32(start))
			return b
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := ole.Open(input(tt.spoil(bytes.Clone(whole))))
			require.ErrorIs(t, err, ingest.ErrDamaged)
			require.ErrorContains(t, err, "old.doc")
		})
	}
}

func TestCutStreamGivesWhatIsThere(t *testing.T) {
	// The stream's chain ends early: what stands before is returned.
	whole := oletest.Build(map[string][]byte{"Book": bytes.Repeat([]byte("x"), 300_000)})
	fat := int(binary.LittleEndian.Uint32(whole[76:])+1) * 512
	binary.LittleEndian.PutUint32(whole[fat+4*400:], 0xFFFFFFFE)
	f, err := ole.Open(input(whole))
	require.NoError(t, err)
	data, err := f.Stream("Book")
	require.ErrorIs(t, err, ingest.ErrDamaged)
	require.NotEmpty(t, data)
	require.Less(t, len(data), 300_000)
	require.Equal(t, len(data), bytes.Count(data, []byte("x")), "nothing but what was stored")
}

func TestLastSectorMayBeCut(t *testing.T) {
	// The last sector of the stream is moved behind all others and cut.
	whole := oletest.Build(map[string][]byte{"Book": bytes.Repeat([]byte("x"), 5000)})
	le := binary.LittleEndian
	fat, added := int(le.Uint32(whole[76:])+1)*512, len(whole)/512-1
	le.PutUint32(whole[fat+4*8:], uint32(added))
	le.PutUint32(whole[fat+4*added:], 0xFFFFFFFE)
	whole = append(whole, bytes.Repeat([]byte("y"), 5000%512)...)
	f, err := ole.Open(input(whole))
	require.NoError(t, err)
	data, err := f.Stream("Book")
	require.NoError(t, err)
	require.Equal(t, 5000%512, bytes.Count(data, []byte("y")))
	require.Len(t, data, 5000)
}

func TestStreamThatClaimsMoreThanTheFile(t *testing.T) {
	whole := oletest.Build(map[string][]byte{"Book": bytes.Repeat([]byte("x"), 5000)})
	dir := int(binary.LittleEndian.Uint32(whole[48:])+1) * 512
	binary.LittleEndian.PutUint32(whole[dir+128+120:], 1<<31)
	f, err := ole.Open(input(whole))
	require.NoError(t, err)
	data, err := f.Stream("Book")
	require.ErrorIs(t, err, ingest.ErrDamaged)
	require.LessOrEqual(t, len(data), len(whole))
}

// entryOf is where the directory entry of a name stands.
func entryOf(t *testing.T, data []byte, name string) int {
	t.Helper()
	var wide []byte
	for _, c := range []byte(name) {
		wide = append(wide, c, 0)
	}
	at := bytes.Index(data, append(wide, 0, 0))
	require.Positive(t, at)
	return at
}

func TestDirectoriesWithLinksThatLeadNowhereOrBackAreMended(t *testing.T) {
	const left, right, child = 68, 72, 76
	all := []string{"WordDocument", "1Table", "SummaryInformation", "Empty", "ObjectPool"}
	for _, tt := range []struct {
		name, entry string
		link        int
		to          uint32
	}{
		{name: "beyond the directory", entry: "WordDocument", link: left, to: 65530},
		{name: "to an empty entry", entry: "WordDocument", link: left, to: 11},
		{name: "of the root to a sibling", entry: "Root Entry", link: right, to: 0x7FFFFFFF},
		{name: "back to the root", entry: "WordDocument", link: child, to: 0},
		{name: "back to itself", entry: "_1", link: left, to: 5},
		{name: "as a negative number", entry: "Empty", link: child, to: 0x80000000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := oletest.Build(sample())
			at := entryOf(t, data, tt.entry) + tt.link
			require.Equal(t, uint32(0xFFFFFFFF), binary.LittleEndian.Uint32(data[at:]), "a link that is not in use")
			binary.LittleEndian.PutUint32(data[at:], tt.to)
			f, err := ole.Open(input(data))
			require.NoError(t, err)
			for _, name := range all[:4] {
				got, err := f.Stream(name)
				require.NoError(t, err)
				require.Equal(t, len(sample()[name])+len(sample()["\x05"+name]), len(got), name)
			}
			got, err := f.Stream("ObjectPool", "_1", "Ole")
			require.NoError(t, err)
			require.Equal(t, "inner", string(got))
			require.Len(t, f.List(), len(all))
			require.Equal(t, []string{"the directory inside the file is damaged; parts of the document may be missing"}, f.Warnings())
		})
	}
	f, err := ole.Open(input(oletest.Build(sample())))
	require.NoError(t, err)
	require.Empty(t, f.Warnings(), "of a sound file")
}

func TestTooLarge(t *testing.T) {
	in := input(oletest.Build(sample()))
	in.Size = 1 << 40
	_, err := ole.Open(in)
	require.ErrorIs(t, err, ingest.ErrTooLarge)
}

func FuzzOpen(f *testing.F) {
	f.Add(oletest.Build(map[string][]byte{"Book": []byte("a"), "a/b": bytes.Repeat([]byte("x"), 4096)}))
	f.Add([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := ole.Open(input(data))
		if err != nil {
			return
		}
		_ = file.Title()
		for _, e := range file.List() {
			got, err := file.Stream(e.Name)
			if err == nil && len(got) > len(data) {
				t.Fatalf("stream %q has %d bytes of a file of %d", e.Name, len(got), len(data))
			}
		}
	})
}
