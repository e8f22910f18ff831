package table_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/lang/internal/table"
)

func gram(s string) table.Key {
	var k table.Key
	for _, r := range s {
		if r == '$' {
			k = k.Push(table.Boundary)
			continue
		}
		k = k.Push(table.Symbol(r))
	}
	return k
}

func TestKey(t *testing.T) {
	require.Equal(t, 3, gram("ost").Len())
	require.Equal(t, 5, gram("frakt").Len())
	require.Equal(t, gram("rakta"), gram("frakt").Push(table.Symbol('a')), "the first symbol falls off")
	require.Equal(t, gram("akt"), gram("frakt").Last(3))
	require.Equal(t, gram("frak"), gram("frakt").Head())
	require.Equal(t, gram("$og"), gram("og").After(table.Boundary))
	require.Equal(t, table.Foreign, table.Symbol('я'))
	require.NotEqual(t, table.Symbol('å'), table.Symbol('ä'))
}

func TestLevels(t *testing.T) {
	l := table.Levels4(0).With(0, 15).With(7, 3).With(15, 9).With(0, 2)
	require.Equal(t, []uint8{2, 3, 9, 0}, []uint8{l.Of(0), l.Of(7), l.Of(15), l.Of(1)})
}

func TestSumAddsEachClassAlone(t *testing.T) {
	var s table.Sum
	var want [table.MaxClasses]int
	for i := range 100 { // many more than a byte a class can hold
		var l table.Levels4
		for c := range table.MaxClasses {
			level := uint8((i*7 + c*5) % table.Levels)
			if i < 40 {
				level = table.Levels - 1
			}
			l = l.With(c, level)
			want[c] += int(level)
		}
		s.Add(l)
	}
	require.Equal(t, want, s.All())
	require.Equal(t, want, s.All())
}

func entries() []table.Entry {
	return []table.Entry{
		{Gram: gram("$ikke"), Levels: 0x21},
		{Gram: gram("e"), Levels: 0x30},
		{Gram: gram("kke"), Levels: 0xf4},
	}
}

func TestRoundTrip(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, table.Write(&b, []string{"nb", "da"}, entries()))
	got, err := table.Read(b.Bytes())
	require.NoError(t, err)
	require.Equal(t, []string{"nb", "da"}, got.Classes)
	for _, e := range entries() {
		l, ok := got.Longest(e.Gram)
		require.True(t, ok)
		require.Equal(t, e.Levels, l)
	}
	l, ok := got.Longest(gram("bakke"))
	require.True(t, ok)
	require.Equal(t, table.Levels4(0xf4), l, "the longest ending")
	_, ok = got.Longest(gram("kka"))
	require.False(t, ok)
}

func TestWriteRefusesARepeatedGram(t *testing.T) {
	err := table.Write(&bytes.Buffer{}, []string{"nb"}, append(entries(), entries()[0]))
	require.ErrorContains(t, err, "repeated")
}

func FuzzRead(f *testing.F) {
	var b bytes.Buffer
	require.NoError(f, table.Write(&b, []string{"nb", "da"}, entries()))
	good := b.Bytes()
	f.Add(good)
	f.Add([]byte{})
	for i := range good {
		f.Add(good[:i])
		bad := bytes.Clone(good)
		bad[i] ^= 0x55
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := table.Read(b)
		if err != nil {
			require.ErrorIs(t, err, table.ErrDamaged)
			return
		}
		got.Longest(gram("ikke"))
	})
}

func BenchmarkLongest(b *testing.B) {
	var w bytes.Buffer
	require.NoError(b, table.Write(&w, []string{"nb", "da"}, entries()))
	t, err := table.Read(w.Bytes())
	require.NoError(b, err)
	k := gram("bakke")
	for b.Loop() {
		t.Longest(k)
	}
}
