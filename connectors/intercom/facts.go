package intercom

import "time"

// What Intercom's documentation does not say, or what we could not compare with
// it. Correct it here; README.md tells how to find out.
const (
	// apiVersion is sent with each call; newer ones change fields.
	apiVersion = "2.14"

	// plaintext asks for bodies without HTML; whether notes are converted as
	// well is unverified, so texts are read either way.
	plaintext = "display_as=plaintext"

	// inbox is the context's location for a panel beside a conversation. The
	// Messenger uses the same word, see [request.forAgent].
	inbox = "conversation"

	// pollOverlap is how far a poll reaches back before the last change it
	// saw: the search index lags behind by an unknown time.
	pollOverlap = 2 * time.Minute

	// pollPage is how many conversations one poll reads; each takes a call.
	pollPage = 20

	// nowhere is a conversation that does not exist: a note to it is refused
	// for want of the right before it is for want of the conversation.
	nowhere = "0"

	// uninstalled is the topic after which our token is void.
	uninstalled = "app.uninstalled"

	// operatorMail begins the address under which Intercom's own bot writes.
	operatorMail = "operator+"
)

// partTypes are the parts that hold what was said to or by a customer: a reply,
// and the words with which an agent closed. They stand in one text because the
// first of them is also what would make a note public: as a value of its own
// it must stand nowhere in this package, and a test keeps it so.
const partTypes = "comment close"

// Types of parts that say something else.
const (
	partNote   = "note"
	partClose  = "close"
	partAssign = "assign" // is within assignment, default_assignment, assign_and_reopen …
)

// Topics of webhooks that need more than their parts.
const (
	topicPing         = "ping"
	topicConversation = "conversation" // the beginning of all that are ours
	topicUserCreated  = "conversation.user.created"
	topicAdminCreated = "conversation.admin.single.created"
	topicRedacted     = "conversation_part.redacted"
	topicDeleted      = "conversation.deleted"
	topicRated        = "conversation.rating.added"
	topicClosed       = "conversation.admin.closed"
	topicAssigned     = "conversation.admin.assigned"
	topicOpenAssigned = "conversation.admin.open.assigned"
)

// topics is what an administrator subscribes to.
var topics = [...]string{
	topicUserCreated, "conversation.user.replied", "conversation.admin.replied", topicAdminCreated,
	topicRedacted, topicDeleted, topicRated, topicClosed, topicAssigned, topicOpenAssigned,
}

// permissions of the app in the Developer Hub.
var permissions = [...]string{"Read conversations", "Write conversations", "Read and list users and companies", "Read admins"}

// Paths below the hook.
const (
	pathWebhook    = ""
	pathInitialize = "/canvas/initialize"
	pathSubmit     = "/canvas/submit"
)

// Headers of a delivery.
const (
	headerHub  = "X-Hub-Signature"  // of webhooks, "sha1=" and 40 hex digits
	headerBody = "X-Body-Signature" // of the panel's requests, 64 hex digits
	hubPrefix  = "sha1="
)

// headerReset is when a limit ends, in unix seconds; there is no Retry-After.
const headerReset = "X-Ratelimit-Reset"

// Ids of the panel's components.
const (
	componentReply   = "reply"
	componentUse     = "used"
	componentKeep    = "post_note"
	componentUp      = "up"
	componentDown    = "down"
	componentRefresh = "refresh"
	componentOpen    = "open"
)

// Limits of a panel. Intercom's own is 64 kB for its content.
const (
	maxCanvas  = 60_000
	maxDraft   = 16_000 // bytes
	maxKept    = 16_000 // bytes of what an agent made of it
	maxTitle   = 200
	maxAddress = 600
	maxSources = 20
	maxLine    = 1000
)

// maxNote bounds a note, in bytes; Intercom's own limit is unknown.
const maxNote = 30_000

// maxFacts and maxFact bound what is kept of a conversation's attributes.
const (
	maxFacts = 20
	maxFact  = 300
)

// marker begins each of our notes, so that we know them again even if the
// teammate we write as has changed.
const marker = "[Copilot "

// Scale of ratings, from worst to best.
const (
	worstRating = 1
	bestRating  = 5
)
