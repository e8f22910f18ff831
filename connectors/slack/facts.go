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

	// fileHost has the files of messages and wants the token.
	fileHost = "https://files.slack.com"

	// maxChannels bounds the channels to ask for what was missed, so that the
	// cursor stays small.
	maxChannels = 50

	// historyPage is how many messages one call reads, and with it how many
	// threads one poll may have to read; repliesPage and maxReplies are the
	// same for a thread. Slack gives apps that are sold outside its
	// marketplace 15 messages and one call a minute.
	historyPage = 30
	repliesPage = 100
	maxReplies  = 20 // pages

	// lookBack is how old a message may be whose thread still has replies that
	// we missed. pollOverlap is looked at twice, because messages arrive
	// while others are read.
	lookBack    = 24 * time.Hour
	pollOverlap = 5 * time.Minute

	// headerScopes lists what a token may do, in every answer.
	headerScopes = "X-Oauth-Scopes"
)

// sealedSince is from when on we take sealed buttons only. Before they were
// sealed their suggestion stood in them as text; a message for one agent is
// gone with the next reload, so none of those is left by then.
var sealedSince = time.Date(2027, time.January, 31, 0, 0, 0, 0, time.UTC)

// scopes are what the bot needs, and for what. Any of several will do.
var scopes = []struct {
	what string
	any  []string
}{
	{"may show suggestions", []string{"chat:write"}},
	{"may look agents up", []string{"users:read"}},
	{"may take commands", []string{"commands"}},
	{"may read files", []string{"files:read"}},
	{"may read channels", []string{"channels:history", "groups:history"}},
}

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
	methodAuth      = "auth.test"
	methodFile      = "files.info"
	methodChannel   = "conversations.info"
	methodHistory   = "conversations.history"
	methodReplies   = "conversations.replies"
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
