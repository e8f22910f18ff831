//go:build pictures

package intercom_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/intercom"
)

func TestPicture(t *testing.T) {
	cfg := settings()
	cfg.Language = "nb"
	c, err := intercom.New(cfg, client())
	require.NoError(t, err)
	n := pictures.Note(note())
	reply, err := c.View(show(), &n)
	require.NoError(t, err)
	components(t, reply)
	pictures.Draw(t, "intercom", pictures.Scene{Where: "App i innboksen", Body: pictures.Canvas(t, reply.Body), Beside: true})
}
