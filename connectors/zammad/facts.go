package zammad

import "time"

// What Zammad's documentation does not say, or what we could not compare with
// it. Correct it here; README.md tells how to find out.
const (
	// nobody is the user "-": who owns a ticket that has no owner.
	nobody = "1"

	// maxNote bounds a note; Zammad's own limit for a body is 1.5 MB.
	maxNote = 30_000

	// maxLatest is how many of a ticket's latest articles are read one by one
	// when all together are larger than an answer may be.
	maxLatest = 10

	// searchPage and maxPages bound a search for one day's tickets. The query
	// has dates only: with a time, Elasticsearch is said to find nothing.
	searchPage = 100
	maxPages   = 50

	// pollTickets is how many tickets one poll reads, with two calls each.
	pollTickets = 10

	// overlap is how much of the past a poll reads again: a ticket is found
	// only once Elasticsearch has it.
	overlap = 5 * time.Minute

	// minToken is the shortest signature token, in bytes.
	minToken = 16
)

// closedStates are the names of states in which a ticket is over, unless the
// settings say otherwise. Names can be changed and translated.
var closedStates = []string{"closed", "merged"}

// Who wrote an article, as Zammad calls it.
const (
	senderCustomer = "Customer"
	senderAgent    = "Agent"
)

// typeNote is the only type of article we write: one of type email is sent even
// if it is internal.
const typeNote = "note"

// Headers of a delivery.
const (
	headerSignature = "X-Hub-Signature"
	signaturePrefix = "sha1="
)

// Bounds of what is kept of a ticket.
const (
	maxFacts = 32
	maxFact  = 200 // bytes of a name or value
)

// marker begins each of our notes, so that we know them again even if the
// user we write as has changed.
const marker = "[Copilot "

// routeTicket is the key of an event's route.
const routeTicket = "ticket"
