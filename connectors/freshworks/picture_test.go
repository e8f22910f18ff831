//go:build pictures

package freshworks_test

import (
	"encoding/json"
	"html/template"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/freshworks"
)

func TestPictures(t *testing.T) {
	f := newFreshdesk(t)
	_, err := connectors.Deliver(t.Context(), f.connect(t, func(c *freshworks.DeskConfig) { c.Language = "nb" }), pictures.Note(deskNote()))
	require.NoError(t, err)
	var note struct{ Body string }
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &note))
	pictures.Draw(t, "freshdesk", pictures.Scene{Where: "Privat merknad", Body: template.HTML(note.Body)})

	chat := newFreshchat(t)
	_, err = connectors.Deliver(t.Context(), chat.connect(t, func(c *freshworks.ChatConfig) { c.Language = "nb" }), pictures.Note(chatNote()))
	require.NoError(t, err)
	var message struct {
		Parts []struct {
			Text struct{ Content string }
		} `json:"message_parts"`
	}
	require.NoError(t, json.Unmarshal(chat.Calls()[1].Body, &message))
	pictures.Draw(t, "freshchat", pictures.Scene{Where: "Privat melding", Body: pictures.Plain(message.Parts[0].Text.Content)})
}
