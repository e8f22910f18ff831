package hubspot

import "time"

// What HubSpot's documentation does not say, or what we could not compare with
// it. Correct it here; README.md tells how to find out.
const (
	// window is how old a signature may be, as in HubSpot's own Node library.
	// That one looks at old ones only; we refuse the future as well.
	window = 300 * time.Second

	// stampDigits is the length of a time in milliseconds until the year 2286.
	stampDigits = 13

	// maxEvents bounds a delivery; HubSpot sends up to 100.
	maxEvents = 1000

	// apiBase is the same for all of HubSpot's regions.
	apiBase = "https://api.hubapi.com"

	// conversationsPath is filed under "legacy"; dated paths such as
	// /conversations/conversations/2026-09 are to follow it.
	conversationsPath = "/conversations/v3/conversations"

	// originalContent follows a message's path; that it does is unverified.
	originalContent = "/original-content"

	// newestFirst and listLimit are of the list of messages; the sort
	// parameter is unverified. Without it long threads hide their last notes.
	newestFirst = "-createdAt"
	listLimit   = 100

	// threadLimit is how many threads one step of a catch-up reads, and maxBack
	// how many pages of one thread. The order, by the newest message, is from
	// the API's description; it takes no date without it.
	threadLimit = 25
	threadOrder = "latestMessageTimestamp"
	threadAfter = "latestMessageTimestampAfter"
	maxBack     = 5

	// overlap is read again in each catch-up, for clocks that differ.
	overlap = time.Minute

	contactPath   = "/crm/v3/objects/contacts/"
	languageField = "hs_language" // a contact's; needs crm.objects.contacts.read

	// filePath is where a file's address for a few minutes is asked for; it
	// needs the scope "files.ui_hidden.read" or "files" (unverified which).
	filePath  = "/files/v3/files/"
	signedURL = "/signed-url"

	// tokenPath refreshes; that tokens live 30 min is unverified, but the
	// answer says how long. The refresh token is taken to stay the same.
	tokenPath = "/oauth/v1/token" //nolint:gosec // a path

	// oauthInfo and staticInfo say what a token may do. The first wants it as
	// the end of the path, the second in a body.
	oauthInfo  = "/oauth/v1/access-tokens/"
	staticInfo = "/oauth/v2/private-apps/get/access-token-info"

	// pause is what HubSpot's own client waits after a 429 that does not say.
	pause = 10 * time.Second

	// locked and migrating are HubSpot's own statuses for an account that is
	// busy or being moved; both pass.
	locked    = 423
	migrating = 477

	// maxNote bounds each of a comment's two texts; no limit is documented.
	maxNote = 20_000

	// threadProperty is the ticket's property with the id of its thread, by
	// which the card finds the suggestion.
	threadProperty = "hs_conversations_originating_thread_id"

	// platformVersion of project files, and the location of the card.
	platformVersion = "2026.03"
	cardLocation    = "helpdesk.sidebar"
)

// Types of webhooks.
const (
	newMessage      = "conversation.newMessage"
	propertyChange  = "conversation.propertyChange"
	deletion        = "conversation.deletion"
	privacyDeletion = "conversation.privacyDeletion"
)

// What deliveries and messages say.
const (
	typeMessage   = "MESSAGE" // of a message we read; never of one we write
	typeComment   = "COMMENT"
	incoming      = "INCOMING"
	outgoing      = "OUTGOING"
	notTruncated  = "NOT_TRUNCATED"
	closedStatus  = "CLOSED"
	agentPrefix   = "A-" // of an actor, then the user's id
	visitorPrefix = "V-" // then the contact's
)

// Scopes: what they are for stands in README.md.
const (
	scopeRead     = "conversations.read"
	scopeWrite    = "conversations.write"
	scopeTickets  = "tickets"
	scopeContacts = "crm.objects.contacts.read"
)

// Paths below the hook.
const (
	pathEvents     = ""
	pathFeedback   = "/panel/feedback"
	pathSuggestion = "/panel/suggestion"
)

// Headers of a delivery.
const (
	headerSignature = "X-HubSpot-Signature-v3"
	headerStamp     = "X-HubSpot-Request-Timestamp"
	headerLegacy    = "X-HubSpot-Signature"
	headerVersion   = "X-HubSpot-Signature-Version"
)

// decoded are the escapes that HubSpot resolves in an address before it signs,
// and no others.
var decoded = [...]string{
	"%3A", ":", "%2F", "/", "%3F", "?", "%40", "@", "%21", "!", "%24", "$", "%27", "'",
	"%28", "(", "%29", ")", "%2A", "*", "%2C", ",", "%3B", ";",
}

// marker begins each of our notes, so that we know them again even if the app
// that wrote them is another by now.
const marker = "[Copilot "
