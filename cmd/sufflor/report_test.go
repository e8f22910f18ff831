package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

func TestAReasonNamesItsFileOnce(t *testing.T) {
	for _, tt := range []struct{ name, place, reason, want string }{
		{"a reason that begins with the name", "manuals/old.pdf", "old.pdf: no startxref: damaged", "manuals/old.pdf: no startxref: damaged"},
		{"a reason that is a sentence about the name", "manuals/void.txt", "void.txt is empty: no text", "manuals/void.txt is empty: no text"},
		{"a reason without the name", "share", "a link that leads out", "share: a link that leads out"},
		{"another file's name that begins the same", "a.txt", "a.txt.gz is not read", "a.txt: a.txt.gz is not read"},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, because(tt.place, tt.reason)) })
	}
}

func TestTheStatusSaysWhyAPlaceIsNotRead(t *testing.T) {
	place := ingest.Failure{Path: "http://site.example", Reason: "its robots.txt cannot be read", Kept: true}
	var out bytes.Buffer
	require.NoError(t, showStatus(&out, status{Sources: []sourceStatus{
		{Name: "site", Configured: true, LastRun: &runStatus{State: "partial", Report: runReport{Summary: ingest.Summary{Failed: 1, Failures: []ingest.Failure{place}}}}},
		{Name: "manuals", Configured: true, Failed: 2},
	}}))
	require.Contains(t, out.String(), "site: http://site.example: its robots.txt cannot be read\n")
	require.Contains(t, out.String(), "what could not be read, why, and what to do: sufflor ingest failures\n")
}
