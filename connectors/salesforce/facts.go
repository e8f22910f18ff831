package salesforce

import "time"

// What Salesforce's documentation does not say, or what we could not compare
// with it. Correct it here; README.md tells how to find out.
//
// The Pub/Sub API is left out: its generated client is published neither as a
// Go module nor in any other form that can be had without its repository.
const (
	// window is how old a signature of our Apex class may be, either way, as
	// in the reference libraries of Standard Webhooks.
	window = 300 * time.Second

	// apiVersion is one that all orgs have had since 2025.
	apiVersion = "v64.0"

	// tokenLife is how long we use an access token. The answer names no end:
	// it is the session timeout of the org, two hours unless changed, and at
	// least 15 minutes. A token that ended earlier is noticed by its 401.
	tokenLife = 15 * time.Minute

	// assertionLife is how long a login may take; Salesforce allows 3 minutes.
	assertionLife = 2 * time.Minute

	// maxComment bounds a CaseComment, in bytes. 4000 is documented; line
	// breaks may be counted twice.
	maxComment = 3800

	// maxOwn is among how many of our latest comments on a case we look for
	// one that we wrote before.
	maxOwn = 50

	// apiPause precedes the next attempt when the org has used up its calls of
	// the day or a record is locked; no Retry-After is documented.
	apiPause  = 2 * time.Minute
	lockPause = 2 * time.Second

	// pageSize of one query of a poll: a mail may have 131,072 characters twice,
	// and an answer at most 4 MiB. overlap is how much of the past a poll reads
	// again: a record is visible only when its transaction ends.
	pageSize = 20
	overlap  = 2 * time.Minute

	// minBudget is the part of the day's calls that should be left.
	minBudget = 0.1

	// minPathToken is the shortest token in the address of outbound messages.
	minPathToken = 10
)

// loginURL is the audience of logins to production; sandboxes have
// https://test.salesforce.com.
const loginURL = "https://login.salesforce.com"

// Status of an EmailMessage; the codes are not in the object's reference.
const (
	statusSent  = "3"
	statusDraft = "5"
)

// Types of what our Apex classes send. They are ours: see package/classes.
const (
	typeMailIn         = "email_message.incoming"
	typeMailOut        = "email_message.outgoing"
	typeMailDeleted    = "email_message.deleted"
	typeComment        = "case_comment.created"
	typeCommentEdited  = "case_comment.updated"
	typeCommentDeleted = "case_comment.deleted"
	typeCommentHidden  = "case_comment.unpublished"
	typeFeed           = "feed_item.created"
	typeChat           = "chat.message"
	typeClosed         = "case.closed"
	typeAssigned       = "case.assigned"
	typeRated          = "case.rated"
	typeFeedback       = "suggestion.feedback"
	typeBatch          = "batch"
	typePing           = "webhook.ping"
)

// Objects, as Salesforce calls them.
const (
	objMail    = "EmailMessage"
	objComment = "CaseComment"
	objFeed    = "FeedItem"
	objCase    = "Case"
)

// Prefixes of ids: a user and a queue own cases.
const (
	prefixUser  = "005"
	prefixQueue = "00G"
)

// visibleToAll is the visibility of a feed item that a portal shows.
const visibleToAll = "AllUsers"

// portalUsers are the kinds of users that are customers, by the beginning of
// User.UserType; all others are staff.
var portalUsers = [...]string{"Csp", "CustomerSuccess", "PowerCustomerSuccess", "PowerPartner", "Partner", "Guest"}

// Paths below the hook; a token follows pathOutbound.
const (
	pathApex     = "/apex"
	pathOutbound = "/om/"
)

// Namespaces of outbound messages.
const (
	nsSOAP     = "http://schemas.xmlsoap.org/soap/envelope/"
	nsOutbound = "http://soap.sforce.com/2005/09/outbound"
	nsSObject  = "urn:sobject." // enterprise or partner
	nsInstance = "http://www.w3.org/2001/XMLSchema-instance"
)

// Bounds of what is read.
const (
	maxNotifications = 100 // of one envelope, as documented
	maxBatch         = 200 // events of one call of our Apex class
	maxFields        = 200 // of a record
	maxFacts         = 32  // of a case
	maxFact          = 200 // bytes of a name or value
	maxID            = 128 // of a webhook
)

// marker begins each of our notes, so that we know them again even if the
// user we write as has changed.
const marker = "[Copilot "

// Keys of an event's route.
const (
	routeCase   = "case"
	routeObject = "object" // of Fetch
	routeRecord = "record"
)

// Of the token that our Apex class gives the panel.
const (
	panelAudience = "sufflor-panel"
	panelKey      = "sufflor panel v1" // its key is HMAC-SHA256 of this with the signing secret
	panelLeeway   = time.Minute
	panelParam    = "token"
)
