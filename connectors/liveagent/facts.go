package liveagent

import "time"

// LiveAgent's documentation says little. What is here comes from the client
// library of its API v3 and from other people's code. Correct it here;
// README.md tells how to find out.
const (
	// pathTickets and the others are below https://{account}.ladesk.com. The
	// version 3 is documented; notes exist in the old version only.
	pathTickets = "/api/v3/tickets"
	pathAgents  = "/api/v3/agents/"
	pathFiles   = "/api/v3/files/"
	pathNotes   = "/api/conversations/" // {id}/messages; version 1, unverified

	headerKey   = "Apikey"          // of version 3; Go's spelling, names of headers have no case
	headerToken = "X-Copilot-Token" //nolint:gosec // the name of a header

	// filterAfter is the operator of dates in _filters, as in LiveAgent's own
	// example; sorting by date_changed is unverified.
	filterAfter = "D>"
	sortChanged = "date_changed"

	// perPage and maxPages bound the messages of one ticket; LiveAgent's
	// default is 10 a page and its largest is unknown.
	perPage  = 100
	maxPages = 10

	// ticketsPerPoll is how many tickets one poll reads the messages of.
	ticketsPerPoll = 20

	// fetchWindow is how far before a hint a message may be to count. Times
	// have no zone, so it is longer than any zone is wide.
	fetchWindow = 24 * time.Hour

	// overlap is read twice by polls: times are in whole seconds.
	overlap = time.Second

	// hintEvery: the same body within that time is the same hint. A hint
	// names no message, so only the time tells two of them apart.
	hintEvery = time.Second

	// defaultCalls a minute stay below the 180 that others report; callBurst of
	// them may come at once.
	defaultCalls = 150
	callBurst    = 15

	// knownFor is how long we believe that somebody is an agent or is not.
	knownFor = time.Hour

	maxNote    = 20_000 // bytes, our own limit
	minToken   = 10     // characters of path_token
	maxKnown   = 4096
	clockSlack = time.Hour // beyond which a time in the future is a wrong zone
)

// timeLayout of the API, without a zone: it is the account's.
const timeLayout = "2006-01-02 15:04:05"

// Types of messages (Message.type of the client library). Others are headers,
// titles, system texts, quotations and footers.
const (
	messageText    = "M"
	messageLegacy  = "Y"
	messageFile    = "F"
	messageNote    = "N"
	messageReward  = "W" // the customer praised
	messagePunish  = "P" // or did not
	messageComment = "C"
)

// internalTypes are of messages that only agents see: notes, their files,
// internal texts and voice.
const internalTypes = "NLI1"

// Formats of messages that are HTML; all others are text.
const htmlFormats = "HY"

// visibilityAgents marks what customers do not see: unverified, from a sample.
const visibilityAgents = "R"

// Groups of messages, by MessageGroup.type.
const (
	customerGroups = "35M"    // incoming mail, offline form and its older kind
	agentGroups    = "4"      // outgoing mail
	mixedGroups    = "C678FW" // chats, and networks whose messages go both ways; no forwards to third parties
	groupWhatsApp  = "6"
	groupDeleted   = "D" // of MessageGroup.status
	groupMoved     = "SM"
)

// Statuses of a ticket that end it, and the one that is none of our business.
const (
	statusesOver  = "RL" // resolved, closed
	statusSpam    = "B"
	statusDeleted = "X"
)

// channels are what Ticket.channel_type means.
var channels = map[string]string{
	"E": "mail", "B": "chat", "I": "chat", "M": "form", "C": "call", "W": "call",
	"F": "facebook", "A": "facebook", "T": "twitter", "Q": "forum", "S": "forum",
}

// schema is of our own template for the body of a rule.
const schema = "la1"

// marker begins each of our notes, so that we know them again even if the
// agent we write as has changed.
const marker = "[copilot "

// probe is the suggestion id of the note on the test ticket.
const probe = "sg_test"

// Keys of an event's route.
const routeTicket = "ticket"
