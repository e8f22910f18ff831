package sight_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/office"
	"github.com/sufflor/sufflor/ingest/office/sight"
)

func TestWhatIsSeen(t *testing.T) {
	paper := sight.Ground{Colors: []string{sight.Paper}}
	open := sight.Ground{Colors: []string{sight.Paper}, Open: true}
	white := sight.Look{Ink: "FFFFFF"}
	tests := []struct {
		name string
		look sight.Look
		on   sight.Ground
		want office.Sight
	}{
		{name: "white on white", look: white, on: paper, want: office.Unseen},
		{name: "black on white", look: sight.Look{Ink: "000000"}, on: paper},
		{name: "white on a ground that is not known", look: white, on: sight.Ground{}},
		{name: "white on what may be any colour", look: white, on: paper.Or(sight.Unknown)},
		{name: "white on what may be dark", look: white, on: paper.Or("123456", "")},
		{name: "white where something may lie", look: white, on: open, want: office.Doubtful},
		{name: "white where something white lies over it", look: white, on: open.Painted("FEFEFE"), want: office.Unseen},
		{name: "white where nothing lies over it", look: white, on: open.Painted(sight.Auto), want: office.Doubtful},
		{name: "a mark goes over a fill", look: sight.Look{Ink: "FFFFFF", Fill: "000000", Mark: "FFFFFF"}, on: paper, want: office.Unseen},
		{name: "a fill goes over what some programs show", look: sight.Look{Ink: "FFFFFF", Fill: "FFFFFF", Behind: [2]string{"000000"}}, on: paper, want: office.Unseen},
		{name: "what some programs show", look: sight.Look{Ink: "FFFFFF", Behind: [2]string{"", "000000"}}, on: paper},
		{name: "an outline", look: sight.Look{Ink: "FFFFFF", Effect: true}, on: paper, want: office.Doubtful},
		{name: "tiny with an outline", look: sight.Look{Size: 4, Effect: true}, on: open, want: office.Unseen},
		{name: "tiny in some programs", look: sight.Look{Size: 4, Loose: true}, on: paper, want: office.Doubtful},
		{name: "small", look: sight.Look{Size: 5}, on: paper},
		{name: "what a style says", look: sight.Look{Size: 24}.Over(sight.Look{Ink: "FFFFFF", Size: 2}), on: paper, want: office.Unseen},
		{name: "what a style says and is undone", look: sight.Look{Ink: sight.Auto}.Over(white), on: paper},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, tt.look.On(tt.on)) })
	}
}

func TestWhatWasFoundIsReported(t *testing.T) {
	var found sight.Hidden
	var warnings office.Warnings
	found.Warn(&warnings)
	require.Empty(t, warnings)
	found.Unseen.Add(3, "en to")
	found.Unseen.Add(3, "tre")
	found.Unseen.Add(5, " ")
	found.Unseen.Add(0, "fire")
	found.Doubtful.Add(0, "fem")
	found.Warn(&warnings)
	require.Len(t, warnings, 2)
	require.Contains(t, warnings[0], "left out, 4 words in paragraph 3 and in a note, a text box, a header or a footer")
	require.Contains(t, warnings[1], "was read, 1 words in a note, a text box, a header or a footer: a picture or a shape may lie behind it")
}
