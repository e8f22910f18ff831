//go:build pictures

package slack_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/slack"
)

func TestPicture(t *testing.T) {
	f, c := fake(t, nil, func(cfg *slack.Config) { cfg.Language = "nb" })
	_, err := c.Note(t.Context(), pictures.Note(note()))
	require.NoError(t, err)
	calls := f.Calls()
	var sent ephemeralBody
	require.NoError(t, json.Unmarshal(calls[len(calls)-1].Body, &sent))
	pictures.Draw(t, "slack", pictures.Scene{Where: "Bare du ser dette", Body: pictures.BlockKit(t, sent.Blocks)})
}
