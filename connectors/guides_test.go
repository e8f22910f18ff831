package connectors_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

func TestEveryKindOfDeskSaysHowItIsSetUp(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{
		"chatwoot", "freshchat", "freshdesk", "hubspot", "intercom", "libredesk", "liveagent", "livechat", "meta", "salesforce", "slack", "standard", "teams", "zammad", "zendesk",
	} {
		require.Contains(t, connectors.Guide(kind), "kind: "+kind, kind)
		require.NotContains(t, connectors.Guide(kind), "## Who sees what", kind)
	}
	require.NotContains(t, connectors.Guide("freshdesk"), "kind: freshchat")
	require.Empty(t, connectors.Guide("other"))
	require.Empty(t, connectors.Guide("../store"))
}
