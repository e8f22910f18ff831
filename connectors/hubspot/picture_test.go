//go:build pictures

package hubspot_test

import (
	"encoding/json"
	"html/template"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/hubspot"
)

// The comment is what was sent; the card is drawn from the answer it asks for,
// in the order of SufflorCard.jsx.
func TestPictures(t *testing.T) {
	b := &inbox{}
	f, _ := start(t, b, nil)
	cfg := settings()
	cfg.BaseURL, cfg.Language = f.URL+"/", "nb"
	c, err := hubspot.New(cfg, nil)
	require.NoError(t, err)
	n := pictures.Note(note())
	_, err = connectors.Deliver(t.Context(), c, n)
	require.NoError(t, err)
	var sent written
	require.NoError(t, json.Unmarshal(f.Calls()[1].Body, &sent))
	pictures.Draw(t, "hubspot", pictures.Scene{Where: "Intern kommentar", Body: template.HTML(sent.RichText)})

	reply, err := c.View(connectors.Show{}, &n)
	require.NoError(t, err)
	var view map[string]any
	require.NoError(t, json.Unmarshal(reply.Body, &view))
	var card strings.Builder
	require.NoError(t, cardPicture.Execute(&card, map[string]any{"V": view, "W": connectors.WordsIn("nb")}))
	pictures.Draw(t, "hubspot-card", pictures.Scene{Where: "Kort i sidefeltet", Body: template.HTML(card.String()), Beside: true})
}

var cardPicture = template.Must(template.New("").Parse(`<div style="margin-bottom:8px"><span class="tag">{{.V.flagText}}</span></div>
<div class="plain">{{.V.text}}</div>
<p><span class="button primary">{{.W.Use}}</span><span class="button">{{.W.Up}}</span><span class="button">{{.W.Down}}</span></p>
{{range .V.reasons}}<div class="small">{{.}}</div>{{end}}<hr><div><strong>{{.W.Sources}}</strong></div><ul>
{{range .V.sources}}<li>[{{.number}}] <a href="{{.url}}">{{.title}}</a>, {{.where}}<div class="small">{{.quote}}</div></li>{{end}}</ul>
<div><a href="{{.V.panel}}">{{.W.Open}}</a></div>`))
