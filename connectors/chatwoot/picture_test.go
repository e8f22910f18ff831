//go:build pictures

package chatwoot_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/chatwoot"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
)

func TestPicture(t *testing.T) {
	f, c := start(t, &server{}, nil, func(cfg *chatwoot.Config) { cfg.Language = "nb" })
	_, err := connectors.Deliver(t.Context(), c, pictures.Note(note()))
	require.NoError(t, err)
	var sent written
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	pictures.Draw(t, "chatwoot", pictures.Scene{Where: "Privat merknad", Body: pictures.Markdown(t, sent.Content)})
}
