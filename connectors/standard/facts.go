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

	typeMessageUpdated = "message.updated"
	typeMessageDeleted = "message.deleted"
	typeClosed         = "conversation.closed"
	typeErased         = "conversation.deleted"
	typeAssigned       = "conversation.assigned"
	typeRated          = "conversation.rated"

	typeUpdated   = "suggestion.updated"
	typeWithdrawn = "suggestion.withdrawn"
)

// goneCode is what a receiver answers, with 404, to an update or withdrawal of
// a suggestion it does not have. Any other 404 may be a deployment.
const goneCode = "no_such_suggestion"

// noteMarker is in notes of other desks of ours that a middleware may pass on.
const noteMarker = "[Copilot sg_"

// The bounds of what is kept of a conversation's tags.
const (
	maxTags = 64
	maxTag  = 200 // bytes
)
