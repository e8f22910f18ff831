package chatwoot

import "time"

// What Chatwoot's documentation does not say, read from its source or taken
// from others. Correct it here; README.md tells how to find out.
const (
	// window is the advice of those who made the signature; Chatwoot leaves it
	// to the receiver.
	window = 300 * time.Second

	// maxNote bounds a note's markdown. Chatwoot refuses more than 150,000
	// characters.
	maxNote = 20_000

	// lastFew is how many messages one gets without a cursor or with "before";
	// with "after" it is 100. From the source, unverified for your version.
	lastFew = 20

	// maxBack bounds the pages of older messages read of one conversation in
	// one catch-up: about 200 messages.
	maxBack = 10

	// overlap is read again in each catch-up: the activity of a conversation
	// is rounded to seconds, and clocks of several servers differ.
	overlap = 60 * time.Second

	// listConversations orders by activity; the parameters are those of
	// Chatwoot's own pages.
	listConversations = "/conversations?status=all&assignee_type=all&sort_by=last_activity_at_desc&page="

	// bestScore is the most stars or smileys of a survey, 1 the fewest. A
	// survey of yes and no is assumed to send 5 and 1.
	bestScore = 5

	// suggestionKey is our own name among a note's content attributes. That
	// foreign names survive is unverified, so the marker is in the text too.
	suggestionKey = "copilot_suggestion_id"

	// profilePath tells whom a token belongs to; bots have no profile.
	profilePath = "/api/v1/profile"
)

// Names of events.
const (
	messageCreated = "message_created"
	messageUpdated = "message_updated"
	statusChanged  = "conversation_status_changed"
	convUpdated    = "conversation_updated"
)

// Headers of a delivery.
const (
	headerSignature = "X-Chatwoot-Signature"
	headerStamp     = "X-Chatwoot-Timestamp"
	headerToken     = "Api_access_token" // of our calls; "Api-Access-Token" should do as well (unverified)
	signaturePrefix = "sha256="
	tokenParameter  = "token" // of our address, for servers that do not sign
)

// channels are our names for Chatwoot's; others are the last word of theirs.
var channels = map[string]string{
	"Channel::WebWidget": "web", "Channel::Email": "mail", "Channel::FacebookPage": "messenger",
	"Channel::TwilioSms": "sms", "Channel::TwitterProfile": "twitter",
}

// fileTypes are the attachments that are files; others are places and links.
var fileTypes = []string{"image", "audio", "video", "file"}

// marker begins each of our notes, so that we know them again even if the
// sender we write as has changed.
const marker = "[Copilot "
