package hubspot

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// view is what the card draws. All of it is text; the card makes links of
// nothing but addresses that were checked here.
type view struct {
	Suggestion string   `json:"suggestion,omitempty"` // empty: none yet
	Flag       string   `json:"flag,omitempty"`
	FlagText   string   `json:"flagText,omitempty"`
	Reasons    []string `json:"reasons,omitempty"`
	Text       string   `json:"text,omitempty"`
	Sources    []source `json:"sources,omitempty"`
	Panel      string   `json:"panel,omitempty"`
}

type source struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
	Where  string `json:"where,omitempty"`
	Quote  string `json:"quote,omitempty"`
	URL    string `json:"url,omitempty"`
}

// Limits of a view: HubSpot hands the card up to 1 MB.
const (
	maxSources = 30
	maxQuote   = 1000
)

// View implements [connectors.Viewer] for the card.
func (c *Connector) View(_ connectors.Show, n *connectors.Note) (connectors.Reply, error) {
	var v view
	if n != nil {
		v = view{
			Suggestion: n.Suggestion, Flag: n.Flag, FlagText: connectors.WordsIn(c.cfg.Language).Flag(n.Flag), Reasons: n.Reasons,
			Text: connectors.Clip(n.Text, maxNote), Panel: webAddress(n.PanelURL),
		}
		for _, s := range n.Citations[:min(len(n.Citations), maxSources)] {
			v.Sources = append(v.Sources, source{s.Number, s.Title, s.Where, connectors.Clip(s.Quote, maxQuote), webAddress(s.URL)})
		}
	}
	body, err := json.Marshal(v)
	if err != nil {
		return connectors.Reply{}, fmt.Errorf("encode view: %w", err)
	}
	return connectors.Reply{Status: http.StatusOK, Type: "application/json", Body: body}, nil
}

func webAddress(address string) string {
	if connectors.WebAddress(address) {
		return address
	}
	return ""
}
