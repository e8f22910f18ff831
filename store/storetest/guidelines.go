package storetest

import (
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

var guidelineTests = []test{
	{"guidelines come back as they were saved, the newest by default", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		_, err := s.Guidelines(t.Context(), ws, 0)
		require.ErrorIs(t, err, store.ErrNotFound)
		first, err := s.SaveGuidelines(t.Context(), store.Guidelines{Workspace: ws, Author: "kari", Note: "start", Body: "tone: formal\n"})
		require.NoError(t, err)
		require.Equal(t, store.Guidelines{Workspace: ws, Version: 1, Author: "kari", Note: "start", Body: "tone: formal\n", Created: start.UTC()}, first)
		clock.Advance(time.Minute)
		second, err := s.SaveGuidelines(t.Context(), store.Guidelines{Workspace: ws, Author: "ola", Body: "tone: friendly\n"})
		require.NoError(t, err)
		require.Equal(t, 2, second.Version)
		got, err := s.Guidelines(t.Context(), ws, 0)
		require.NoError(t, err)
		require.Equal(t, second, got)
		got, err = s.Guidelines(t.Context(), ws, 1)
		require.NoError(t, err)
		require.Equal(t, first, got)
		_, err = s.Guidelines(t.Context(), ws, 3)
		require.ErrorIs(t, err, store.ErrNotFound)
		all, err := s.GuidelinesHistory(t.Context(), ws, 0)
		require.NoError(t, err)
		require.Equal(t, []store.Guidelines{second, first}, all)
		all, err = s.GuidelinesHistory(t.Context(), ws, 1)
		require.NoError(t, err)
		require.Equal(t, []store.Guidelines{second}, all)
	}},
	{"saving what is in use already adds no version", func(x fixture) {
		t, s := x.t, x.s
		for range 2 {
			g, err := s.SaveGuidelines(t.Context(), store.Guidelines{Workspace: ws, Body: "a"})
			require.NoError(t, err)
			require.Equal(t, 1, g.Version)
		}
	}},
	{"guidelines are of one workspace", func(x fixture) {
		t, s := x.t, x.s
		_, err := s.SaveGuidelines(t.Context(), store.Guidelines{Workspace: ws, Body: "a"})
		require.NoError(t, err)
		_, err = s.Guidelines(t.Context(), "rival", 0)
		require.ErrorIs(t, err, store.ErrNotFound)
		g, err := s.SaveGuidelines(t.Context(), store.Guidelines{Workspace: "rival", Body: "b"})
		require.NoError(t, err)
		require.Equal(t, 1, g.Version)
	}},
	{"guidelines that cannot be kept are refused", func(x fixture) {
		t, s := x.t, x.s
		_, err := s.SaveGuidelines(t.Context(), store.Guidelines{Body: "a"})
		require.ErrorIs(t, err, store.ErrInvalid)
		_, err = s.SaveGuidelines(t.Context(), store.Guidelines{Workspace: ws, Body: strings.Repeat("x", 64<<10+1)})
		require.ErrorIs(t, err, store.ErrInvalid)
	}},
}
