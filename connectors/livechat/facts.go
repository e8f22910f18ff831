package livechat

import "time"

// What LiveChat's documentation does not say, or what we could not compare
// with it. Correct it here; README.md tells how to find out.
const (
	// defaultBase and the versions of the two APIs; v3.7 is a preview.
	defaultBase   = "https://api.livechatinc.com"
	agentPath     = "/v3.6/agent/action/"
	configurePath = "/v3.6/configuration/action/"

	// maxText is of a message: documented as 16 KB of raw text.
	maxText = 15_000

	// pollChats is how many chats one [Connector.Poll] looks at: it makes one
	// call more than that. pollEvents is asked for per chat (documented
	// maximum 100), and pollPages ends a sweep that finds no end.
	pollChats  = 10
	pollEvents = 100
	pollPages  = 100

	// The list of chats is taken to begin with the one where something
	// happened last; a page on which nothing is new ends the sweep.
	//
	// pollOverlap is read again each time: what order events get to lists in
	// is not documented. Known ones are dropped by their keys.
	pollOverlap = 2 * time.Minute

	// probeChat exists in no license. That a call lacking a scope is refused
	// as such before its chat is looked for is unverified.
	probeChat = "SUFFLORPROBE"

	// sdkVersion and sdkHash (sha384, as in an integrity attribute) are of
	// dist/agentapp.umd.min.js in the npm package @livechat/agent-app-sdk.
	sdkVersion = "1.16.0"
	sdkHash    = "sha384-VNjhul3WH1VDe8X2RoBDI9auJMOGwThpKrRF618QLkKHA6VKOq2CzAg/aylVOWQT"
)

// agentApps are where agents work; the second one is unverified.
var agentApps = []string{"https://my.livechatinc.com", "https://my.livechat.com"} //nolint:gochecknoglobals // a constant list

// Actions of deliveries.
const (
	actionEvent    = "incoming_event"
	actionUpdated  = "event_updated"
	actionDeleted  = "event_deleted"
	actionChat     = "incoming_chat"
	actionClosed   = "chat_deactivated"
	actionMoved    = "chat_transferred"
	actionPostback = "incoming_rich_message_postback"
	actionThread   = "thread_properties_updated"
	actionProperty = "chat_properties_updated"
)

// Types of events.
const (
	typeMessage = "message"
	typeFile    = "file"
	typeCard    = "rich_message"
)

// Visibilities of events and of users in a chat. The one for everybody is only
// ever read.
const (
	agentsOnly = "agents"
	everybody  = "all"
)

// Default properties of chats and threads. A score is 0 or 1; on which of the
// two the rating stands is unverified, so both are read.
const (
	spaceRating   = "rating"
	propertyScore = "score"
	propertyNote  = "comment"
)

// Types of errors in answers. Which status they come with is unverified, so
// the type decides.
const (
	errAuthentication = "authentication"
	errAuthorization  = "authorization"
	errMisdirected    = "misdirected_request"
	errTooMany        = "too_many_requests"
	errTimeout        = "request_timeout"
	errInternal       = "internal"
	errInactive       = "chat_inactive"
	errNotFound       = "not_found"
	errValidation     = "validation"
)

// customPrefix and marker begin the custom_id and the text of each of our
// notes, so that we know them again even if the bot we write as has changed.
const (
	customPrefix = "copilot:"
	marker       = "[Copilot "
)

// channel of all conversations; the source's client id is among the facts.
const channel = "livechat"

// Keys of an event's route.
const (
	routeChat     = "chat"
	routeThread   = "thread"
	routeReason   = "reason"
	reasonEvent   = "event"
	reasonUpdated = "updated"
	reasonDeleted = "deleted"
	reasonRating  = "rating"
)

// Bounds of what an event's facts hold.
const (
	maxFacts = 20
	maxFact  = 200 // bytes
)
