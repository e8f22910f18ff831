package libredesk

import "time"

// What we could not compare with a running LibreDesk. It is open source, so most
// of it was read there (v2.7.0). Correct it here; README.md tells how to find out.
const (
	// defaultWindow is our policy: nothing but the body's own timestamp, in
	// whole seconds, says when a delivery was sent, and there are no retries.
	defaultWindow = 300 * time.Second
	maxWindow     = time.Hour

	// pollOverlap is how far a poll reaches back before the last message it
	// saw: a reply is sent some time after it was written.
	pollOverlap = 5 * time.Minute

	// pollPage is how many conversations one poll reads; each takes two calls.
	pollPage = 20

	// messagesPage and maxPages bound the messages read of one conversation.
	messagesPage = 100
	maxPages     = 5

	// tokenLeeway is for clocks that differ, tokenLife the longest life of a
	// context link's token that we believe (LibreDesk's default is 20 min).
	tokenLeeway = time.Minute
	tokenLife   = 24 * time.Hour
)

// Events of webhooks. Automation rules may send others, under names of their own.
const (
	messageCreated  = "message.created"
	messageUpdated  = "message.updated"
	statusChanged   = "conversation.status_changed"
	assignedTo      = "conversation.assigned"
	unassigned      = "conversation.unassigned"
	typeIncoming    = "incoming"
	typeOutgoing    = "outgoing"
	statusSent      = "sent" // of a message
	categoryClosed  = "resolved"
	headerSignature = "X-Libredesk-Signature"
	signaturePrefix = "sha256="
)

// events is what an administrator subscribes to.
var events = [...]string{messageCreated, messageUpdated, statusChanged, assignedTo, unassigned}

// closedStatuses are LibreDesk's own names for a conversation that is over; a
// status of one's own is known by its category, where the version tells it.
var closedStatuses = [...]string{"Resolved", "Closed"}

// permissions of the agent whose key we have, and what each is for. Where one
// of several will do they stand side by side.
var permissions = [...]struct {
	anyOf []string
	what  string
}{
	{[]string{"conversations:read"}, "may read conversations"},
	{[]string{"conversations:read_all"}, "may look for missed messages"},
	{[]string{"messages:read"}, "may read messages"},
	{[]string{"messages:write_private", "messages:write"}, "may write notes"},
}

// senderType is the only sender we write as; LibreDesk's other one would put our
// words into the customer's mouth.
const senderType = "agent"

// customerTypes are the authors who are customers. They stand in one text
// because the first of them is also that other sender: as a value of its own it
// must stand nowhere in this package, and a test keeps it so.
const customerTypes = "contact visitor"

// marker begins each of our notes, so that we know them again even if the
// agent we write as has changed.
const marker = "[Copilot "

// maxNote bounds a note, in bytes; LibreDesk has no limit of its own.
const maxNote = 30_000

// maxFacts and maxFact bound what is kept of custom attributes.
const (
	maxFacts = 20
	maxFact  = 300
)

// Scale of ratings, from worst to best.
const (
	worstRating = 1
	bestRating  = 5
)
