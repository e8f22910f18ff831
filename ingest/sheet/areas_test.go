package sheet_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/sheet"
)

func TestAreas(t *testing.T) {
	var a sheet.Areas
	require.False(t, a.Hold(1, 1))
	a.Add(sheet.Range{Col1: 2, Row1: 3, Col2: 4, Row2: 5})
	for at, want := range map[[2]int]bool{{3, 2}: true, {5, 4}: true, {2, 2}: false, {6, 4}: false, {3, 1}: false, {3, 5}: false} {
		require.Equal(t, want, a.Hold(at[0], at[1]), at)
	}
	for i := range 1000 { // those beyond what is kept singly are taken together
		a.Add(sheet.Range{Col1: 10, Row1: i + 10, Col2: 10, Row2: i + 10})
	}
	require.True(t, a.Hold(1009, 10))
	require.Len(t, a, 200)
}
