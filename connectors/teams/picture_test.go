//go:build pictures

package teams_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
)

func TestPicture(t *testing.T) {
	b := bot(t)
	cfg := both()
	cfg.Language, b.title = "nb", connectors.WordsIn("nb").Title
	n := pictures.Note(note())
	n.Route["who"] = pictures.Customer
	_, err := connectors.Deliver(t.Context(), start(t, cfg, b.URL), n)
	require.NoError(t, err)
	pictures.Draw(t, "teams", pictures.Scene{Where: "Samtale med boten", Alone: true, Body: pictures.AdaptiveCard(t, b.shown()["178499999600"])})
}
