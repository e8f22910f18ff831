package odf_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/odf"
)

func TestLengths(t *testing.T) {
	for text, points := range map[string]float64{"2.54cm": 72, "25.4mm": 72, "1in": 72, "1inch": 72, "12pt": 12, "1pc": 12, " -4 px": -3} {
		got, ok := odf.Length(text)
		require.True(t, ok, text)
		require.InDelta(t, points, got, 0.001, text)
	}
	for _, text := range []string{"", "cm", "12", "50%", "1e300cm", "NaNcm", "12em"} {
		_, ok := odf.Length(text)
		require.False(t, ok, text)
	}
}

func style(tb testing.TB, properties string) odf.Style {
	tb.Helper()
	n, err := office.Parse([]byte(`<style:style>` + properties + `</style:style>`))
	require.NoError(tb, err)
	return odf.Read(n)
}

func TestGrounds(t *testing.T) {
	fill := func(attributes string) odf.Fill {
		f, ok := style(t, `<style:graphic-properties `+attributes+`/>`).Paint.Fill(nil)
		require.True(t, ok)
		return f
	}
	black, white, none := fill(`draw:fill="solid" draw:fill-color="#000000"`), fill(`fo:background-color="#ffffff"`), fill(`draw:fill="none"`)
	veil := fill(`draw:fill="solid" draw:fill-color="#000000" draw:opacity="2%"`)
	tests := []struct {
		name   string
		ground odf.Ground
		want   odf.Sight
	}{
		{name: "paper", ground: odf.Paper(), want: odf.Pale},
		{name: "nothing known", want: odf.Seen},
		{name: "black on paper", ground: odf.Paper().On(black), want: odf.Seen},
		{name: "white on black on paper", ground: odf.Paper().On(black).On(white), want: odf.Pale},
		{name: "nothing on black", ground: odf.Paper().On(black).On(none), want: odf.Seen},
		{name: "a veil that nobody sees", ground: odf.Paper().On(veil), want: odf.Pale},
		{name: "a picture", ground: odf.Paper().On(odf.Picture()), want: odf.Doubtful},
		{name: "paper or black", ground: odf.Paper().Or(odf.Paper().On(black)), want: odf.Doubtful},
		{name: "paper or paper", ground: odf.Paper().Or(odf.Paper()), want: odf.Pale},
		{name: "something not looked at", ground: odf.Paper().Open(), want: odf.Doubtful},
		{name: "white over something not looked at", ground: odf.Paper().Open().On(white), want: odf.Pale},
		{name: "black under a corner", ground: odf.Paper().Partly(black, 0.1), want: odf.Doubtful},
		{name: "black under the half", ground: odf.Paper().Partly(black, 0.5), want: odf.Seen},
		{name: "white under a corner", ground: odf.Paper().Partly(white, 0.1), want: odf.Pale},
	}
	ink := odf.Look{}.With(style(t, `<style:text-properties fo:color="#FFFFFF"/>`).Text)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, tt.ground.Sight(ink, "x")) })
	}
}

func TestStylesThatAreBasedOnThemselvesEnd(t *testing.T) {
	loop := func(string) (odf.Style, bool) { return odf.Style{Parent: "a"}, true }
	require.Len(t, odf.Follow("a", loop), 20)
}
