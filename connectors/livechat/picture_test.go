//go:build pictures

package livechat_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
	"github.com/sufflor/sufflor/connectors/livechat"
)

func TestPicture(t *testing.T) {
	d := newDesk(t)
	c := d.connect(t, func(cfg *livechat.Config) { cfg.Language = "nb" })
	_, err := connectors.Deliver(t.Context(), c, pictures.Note(note()))
	require.NoError(t, err)
	sent := d.sent(t)
	require.Len(t, sent, 2)
	pictures.Draw(t, "livechat", pictures.Scene{
		Where: "Synlig bare for medarbeidere", Body: pictures.Plain(sent[0].Text) + pictures.Cards(t, sent[1].Elements),
	})
}
