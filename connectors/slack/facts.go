package slack

import "time"

// What Slack's documentation does not say, or what we could not compare with
// it. Correct it here; README.md tells how to find out.
const (
	// window is how old a signature may be, either way; exactly this is
	// still accepted, as in Slack's own libraries.
	window = 300 * time.Second

	// checkedFor is how long we believe that somebody belongs to our
	// workspace before we ask users.info again.
	checkedFor = time.Hour

	// responseURLs is where Slack's one-time addresses live. Some companies
	// of the public sector have Slack under another domain: unverified.
	responseURLs = "hooks.slack.com"

	maxAgents = 25
)

// publicSecret is the one in Slack's documentation of signatures.
const publicSecret = "8f742231b10e8888abcd99yyyzzz85a5"

// ephemeral is the only response type we ever send; Slack's other one would
// publish the draft to the customer.
const ephemeral = "ephemeral"

// Methods of the API that we call. There is deliberately none that posts what
// others than one agent can see.
const (
	methodEphemeral = "chat.postEphemeral"
	methodView      = "views.open"
	methodUser      = "users.info"
)

// Limits of Block Kit, in characters.
const (
	maxSection  = 3000
	maxText     = 3000 // the fallback above the blocks; we stay as short as a section
	maxElement  = 2000 // of a context block: unverified, taken from section fields
	maxElements = 10   // of a context block
	maxBlocks   = 50
	maxValue    = 2000
	maxMetadata = 3000
	maxInput    = 3000 // unverified
	maxTitle    = 24
	maxButton   = 75
	maxURL      = 3000
	maxBlockID  = 255
)

// Paths below the hook.
const (
	pathEvents      = "/events"
	pathInteractive = "/interactive"
	pathCommands    = "/commands"
)

// Headers of a delivery.
const (
	headerSignature = "X-Slack-Signature"
	headerStamp     = "X-Slack-Request-Timestamp"
)

// Ids of our buttons and forms.
const (
	actionUse      = "copilot.use"
	actionEdit     = "copilot.edit"
	actionUp       = "copilot.up"
	actionDown     = "copilot.down"
	actionFeedback = "copilot.feedback"
	actionOpen     = "copilot.open" // a link, nothing to do
	callbackEdit   = "copilot.edit"
	blockReply     = "copilot.reply"
	actionReply    = "copilot.reply.text"
)

// Keys of an event's route.
const (
	routeChannel  = "channel"
	routeThread   = "thread_ts" // only if there is a thread already
	routeUser     = "user"      // of a command
	routeResponse = "response_url"
)
