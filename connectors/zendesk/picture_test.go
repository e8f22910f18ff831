//go:build pictures

package zendesk_test

import (
	"encoding/json"
	"html/template"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

func TestPicture(t *testing.T) {
	d, _ := fake(t, nil)
	cfg := settings()
	cfg.BaseURL, cfg.Language = d.URL, "nb"
	c, err := zendesk.New(cfg, connectors.NewClient(0, nil, func() time.Time { return clock }))
	require.NoError(t, err)
	_, err = connectors.Deliver(t.Context(), c, pictures.Note(note()))
	require.NoError(t, err)
	calls := d.Calls()
	var sent noteBody
	require.NoError(t, json.Unmarshal(calls[len(calls)-1].Body, &sent))
	pictures.Draw(t, "zendesk", pictures.Scene{Where: "Intern merknad", Body: template.HTML(sent.Ticket.Comment.HTMLBody)})
}
