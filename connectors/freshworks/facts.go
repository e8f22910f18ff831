package freshworks

import "time"

// What Freshworks' documentation does not say, or what we could not compare
// with it. Correct it here; README.md tells how to find out.
const (
	// fetchWindow is how far before a hint a message may be to belong to it:
	// rules say that something happened, not what, and a call that fails is
	// repeated after 5, then 30, then 60 minutes.
	fetchWindow = 2 * time.Hour

	// pageSize (documented maximum 100) and maxPages bound the list of a
	// ticket's conversations, which begins with the oldest.
	pageSize = 100
	maxPages = 20

	// pollTickets is how many tickets one [Desk.Poll] looks at; it makes one
	// call more than that, and the smallest plan has 50 calls a minute. The
	// order by update and "updated_since" including its own moment are taken
	// as given. pollOverlap is for messages older than their ticket's update.
	pollTickets = 10
	pollOverlap = 15 * time.Minute

	// maxNote bounds a note in Freshdesk, maxText a private message in
	// Freshchat; neither limit is documented.
	maxNote = 30_000
	maxText = 8_000

	// probeTicket and probeConversation exist in no account. That what is
	// refused for want of a right is refused before it is looked for is
	// unverified.
	probeTicket       = "9007199254740991"
	probeConversation = "00000000-0000-4000-8000-000000000000"

	// engineNode and engineFDK are what apps say they were made for; the
	// FDK's own validation puts others in.
	engineNode = "24.11.0"
	engineFDK  = "10.0.1"
)

// How Freshdesk's automation rules are known: a header or a Basic user of our
// own choosing, entered in the rule.
const (
	headerToken = "X-Copilot-Token" //nolint:gosec // a header's name
	basicUser   = "copilot"
)

// headerSignature of Freshchat is base64 of an RSA signature over the body.
const headerSignature = "X-Freshchat-Signature"

// apiPassword goes with a Freshdesk API key as a Basic user; what it is does
// not matter (unverified).
const apiPassword = "X"

// Numbers in answers of Freshdesk.
const (
	statusResolved = 4
	statusClosed   = 5

	sourceOutbound = 10 // of a ticket that an agent began
	sourceForward  = 8  // of a conversation that went to somebody else

	ratingScale = 103 // of the default question: -103 to 103
	ratingStep  = 100 // 100 is neutral, 101 to 103 are good, -101 to -103 bad
)

// ticketSources are the names of where tickets come from.
var ticketSources = map[int]string{ //nolint:gochecknoglobals // a constant table
	1: "email", 2: "portal", 3: "phone", 7: "chat", 9: "feedback_widget", sourceOutbound: "outbound_email",
}

// Actions of Freshchat's deliveries. A reopened conversation is one again with
// its next message.
const (
	actionMessage  = "message_create"
	actionAssigned = "conversation_assignment"
	actionResolved = "conversation_resolution"
)

// Types of Freshchat's messages. Deliveries of some accounts have none; there
// botsPrivateNote tells the notes of Freshworks' own bots, and whether it
// tells those of agents is unverified.
const (
	typePrivate = "private"
	typeNormal  = "normal" // only ever read
)

// Kinds of actors in Freshchat.
const (
	actorUser  = "user"
	actorAgent = "agent"
)

// messagesPage is how many messages of a Freshchat conversation are looked
// through for a note of ours. The newest come first (unverified).
const messagesPage = 50

// marker begins each of our notes, so that we know them again even if the
// agent we write as has changed.
const marker = "[Copilot "

// Keys of an event's route.
const (
	routeTicket       = "ticket"
	routeConversation = "conversation"
)

// Bounds of what an event's facts hold.
const (
	maxFacts = 20
	maxFact  = 200 // bytes
)
