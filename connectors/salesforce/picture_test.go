//go:build pictures

package salesforce_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/salesforce"
)

func TestPicture(t *testing.T) {
	d := newDesk(t)
	d.now = func() time.Time { return clock }
	cfg := withAPI(t)
	cfg.BaseURL, cfg.Language = d.URL, "nb"
	c, err := salesforce.New(cfg, connectors.NewClient(0, nil, func() time.Time { return clock }))
	require.NoError(t, err)
	id, err := connectors.Deliver(t.Context(), c, pictures.Note(note()))
	require.NoError(t, err)
	pictures.Draw(t, "salesforce", pictures.Scene{Where: "Sakskommentar, ikke publisert", Body: pictures.Plain(d.comments[id].CommentBody)})
}
