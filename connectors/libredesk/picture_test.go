//go:build pictures

package libredesk_test

import (
	"html/template"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/libredesk"
)

func TestPicture(t *testing.T) {
	s := newServer(t)
	cfg := withKey(settings())
	cfg.BaseURL, cfg.Language = s.URL+"/", "nb"
	c, err := libredesk.New(cfg, nil)
	require.NoError(t, err)
	_, err = connectors.Deliver(t.Context(), c, pictures.Note(note()))
	require.NoError(t, err)
	pictures.Draw(t, "libredesk", pictures.Scene{Where: "Privat merknad", Body: template.HTML(s.list[0]["content"].(string))})
}
