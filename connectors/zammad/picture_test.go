//go:build pictures

package zammad_test

import (
	"html/template"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/zammad"
)

func TestPicture(t *testing.T) {
	d := newDesk(t)
	cfg := settings()
	cfg.BaseURL, cfg.Language = d.URL, "nb"
	c, err := zammad.New(cfg, connectors.NewClient(0, nil, func() time.Time { return clock }))
	require.NoError(t, err)
	id, err := connectors.Deliver(t.Context(), c, pictures.Note(note()))
	require.NoError(t, err)
	pictures.Draw(t, "zammad", pictures.Scene{Where: "Intern merknad", Body: template.HTML(d.articles[id]["body"].(string))})
}
