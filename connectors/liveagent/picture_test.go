//go:build pictures

package liveagent_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
)

func TestPicture(t *testing.T) {
	d := newDesk(t)
	cfg := noting()
	cfg.Language = "nb"
	_, err := connectors.Deliver(t.Context(), start(t, cfg, d.URL), pictures.Note(note()))
	require.NoError(t, err)
	pictures.Draw(t, "liveagent", pictures.Scene{Where: "Intern merknad", Body: pictures.Plain(d.groups[ticketID][4].Messages[0].Text)})
}
