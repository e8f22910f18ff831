package office_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/office"
)

func TestWhatATextStandsOn(t *testing.T) {
	white, blue := office.Solid("FFFFFF"), office.Solid("1F3864")
	none, picture, other := office.Paint{}, office.Paint{Kind: office.PicturePaint}, office.Paint{Kind: office.OtherPaint}
	at := office.Place{Rect: office.Rect{Left: 10, Top: 10, Right: 20, Bottom: 20}, Known: true}
	around := office.Rect{Right: 100, Bottom: 100}
	full := func(p office.Paint) office.Layer { return office.Layer{Rect: around, Paint: p, Full: true} }
	tests := []struct {
		name   string
		ink    office.Paint
		own    []office.Paint
		at     office.Place
		layers []office.Layer
		moving bool
		want   office.Sight
	}{
		{name: "white on the slide", ink: white, at: at, want: office.Unseen},
		{name: "white on the slide, something moves", ink: white, at: at, moving: true, want: office.Doubtful},
		{name: "blue on the slide", ink: blue, at: at},
		{name: "an ink that is not known", ink: other, at: at},
		{name: "no ink", ink: none, own: []office.Paint{blue}, at: at, want: office.Unseen},
		{name: "white in blue", ink: white, own: []office.Paint{blue}, at: at},
		{name: "white in white", ink: white, own: []office.Paint{white}, layers: []office.Layer{full(blue)}, at: at, want: office.Unseen},
		{name: "white in no fill or in blue", ink: white, own: []office.Paint{none, blue}, at: at},
		{name: "white in thin white on blue", ink: white, own: []office.Paint{{Kind: office.SolidPaint, Hex: "FFFFFF", Thin: true}}, layers: []office.Layer{full(blue)}, at: at},
		{name: "white on a picture", ink: white, layers: []office.Layer{full(picture)}, at: at, want: office.Doubtful},
		{name: "blue on a picture", ink: blue, layers: []office.Layer{full(picture)}, at: at},
		{name: "white on white on blue", ink: white, layers: []office.Layer{full(blue), full(white)}, at: at, want: office.Unseen},
		{name: "white on white of some form on blue", ink: white, layers: []office.Layer{full(blue), {Rect: around, Paint: white}}, at: at},
		{name: "white beside blue", ink: white, layers: []office.Layer{{Rect: office.Rect{Left: 20, Right: 90, Bottom: 90}, Paint: blue}}, at: at, want: office.Unseen},
		{name: "white with a small part on blue", ink: white, layers: []office.Layer{{Rect: office.Rect{Left: 19, Right: 90, Bottom: 90}, Paint: blue}}, at: at, want: office.Doubtful},
		{name: "white somewhere, with blue somewhere", ink: white, layers: []office.Layer{full(blue)}, want: office.Doubtful},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := office.Stage{Back: white, Layers: tt.layers, Moving: tt.moving}
			require.Equal(t, tt.want, s.Judge(tt.ink, tt.own, tt.at))
		})
	}
}

func TestGroups(t *testing.T) {
	box := office.Rect{Left: 100, Top: 100, Right: 200, Bottom: 200}
	inner := office.Rect{Left: 1000, Top: 1000, Right: 2000, Bottom: 3000}
	g := office.Ungrouped().Within(box, inner, false)
	require.Equal(t, office.Rect{Left: 150, Top: 125, Right: 200, Bottom: 150}, g.OnSlide(office.Rect{Left: 1500, Top: 1500, Right: 2000, Bottom: 2000}, false))
	g = g.Within(office.Rect{Left: 1500, Top: 1500, Right: 2000, Bottom: 2000}, office.Rect{Right: 10, Bottom: 10}, false)
	require.Equal(t, office.Rect{Left: 155, Top: 150, Right: 155, Bottom: 150}, g.OnSlide(office.Rect{Left: 1, Top: 10, Right: 1, Bottom: 10}, false))
	require.False(t, g.Turned())

	turned := office.Ungrouped().Within(office.Rect{Right: 6, Bottom: 8}, inner, true)
	require.True(t, turned.Turned())
	require.Equal(t, office.Rect{Left: -2, Top: -1, Right: 8, Bottom: 9}, turned.OnSlide(box, false))
	require.Equal(t, turned.OnSlide(box, false), turned.Within(box, inner, false).OnSlide(box, false))
}

func TestWarningsOfUnseenText(t *testing.T) {
	var u office.UnseenText
	require.Empty(t, u.Warnings())
	u.Pale.Add(2, "two words")
	u.Pale.Add(3, "one")
	u.Outside.Add(3, "  ")
	require.Equal(t, []string{"transparent text or text in the colour of what it stands on, which nobody sees, was left out, 3 words on slide 2, 3"}, u.Warnings())
}
