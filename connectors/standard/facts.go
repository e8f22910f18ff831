package standard

import "time"

const (
	// window is how old a signature may be, either way; exactly this is still
	// accepted, as in the reference libraries.
	window = 300 * time.Second

	// maxID bounds a webhook-id. One with a dot would let somebody shift
	// bytes between id and timestamp under the same signature.
	maxID = 128

	// minKey is the shortest key the specification allows.
	minKey = 24

	// callbackTimeout is for one outbound call.
	callbackTimeout = 10 * time.Second
)

// publicKey is the example of the specification's libraries.
const publicKey = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// agentOnly is the visibility of each suggestion we send.
const agentOnly = "agent_only"

// Types of webhooks.
const (
	typeMessage    = "message.created"
	typeFeedback   = "suggestion.feedback"
	typePing       = "webhook.ping"
	typeSuggestion = "suggestion.created"
)
