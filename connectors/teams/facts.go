package teams

import "time"

// What Microsoft's documentation does not say, or what we could not compare
// with it. Correct it here; README.md tells how to find out.
const (
	// skew is how far exp and nbf of a token may be off.
	skew = 300 * time.Second

	// keysFresh is how long keys are used before they are fetched again, and
	// keysUsable how long old ones do while that fails; Microsoft allows 5 days.
	keysFresh  = 24 * time.Hour
	keysUsable = 5 * 24 * time.Hour

	// unknownPause is the least time between two fetches for the sake of a key
	// id that nobody knows: anyone can send such ids.
	unknownPause = time.Hour

	// failPause follows a fetch that failed.
	failPause = 10 * time.Second

	// keysTimeout bounds both requests of a fetch together; Teams waits 15 s
	// for messages, but 5 s for dialogs.
	keysTimeout = 4 * time.Second

	minKey  = 2048 // bits
	maxKeys = 500

	// seated is how long we believe who is in a conversation, and which chat
	// with an agent is theirs alone.
	seated = 10 * time.Minute

	// pageSize and maxPages bound the list of a conversation's members.
	pageSize = 500
	maxPages = 10

	// maxAgents bounds the cards of one suggestion: each agent gets one.
	maxAgents = 50

	// remembered is how many of the latest cards, chats and rosters we keep.
	remembered = 4096
)

// Limits of a card.
const (
	// maxCard is the JSON of a card in bytes. A message may have about 100 KB
	// in UTF-16; older pages say 40 KB and incoming webhooks 28 KB.
	maxCard    = 24_000
	maxDraft   = 7_000 // bytes; it stands in the card twice, to read and to edit
	maxReasons = 600
	maxTitle   = 200
	maxSources = 20
)

// cloud is one of Microsoft's clouds. Only the public one is documented in
// full; the others' addresses are put together from several pages.
type cloud struct {
	issuer   string   // of tokens that come to us
	metadata string   // leads to the keys; these are at the same host
	login    string   // where we get our token
	scope    string   // of our token
	services []string // hosts of serviceUrl, to which our token may go
	origins  []string // that frame the personal tab
	deeplink string
}

var clouds = map[string]cloud{
	"public": {
		issuer:   "https://api.botframework.com",
		metadata: "https://login.botframework.com/v1/.well-known/openidconfiguration",
		login:    "https://login.microsoftonline.com",
		scope:    "https://api.botframework.com/.default",
		services: []string{"smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com"},
		origins:  []string{"https://teams.microsoft.com", "https://*.teams.microsoft.com", "https://*.cloud.microsoft", "https://*.microsoft365.com", "https://*.office.com"},
		deeplink: "https://teams.microsoft.com/l/message/",
	},
	"usgov": {
		issuer:   "https://api.botframework.us",
		metadata: "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
		login:    "https://login.microsoftonline.us",
		scope:    "https://api.botframework.us/.default",
		services: []string{"smba.infra.gov.teams.microsoft.us", "smba.infra.dod.teams.microsoft.us"},
		origins:  []string{"https://gov.teams.microsoft.us", "https://dod.teams.microsoft.us"},
		deeplink: "https://gov.teams.microsoft.us/l/message/",
	},
	"china": {
		issuer:   "https://api.botframework.azure.cn",
		metadata: "https://login.botframework.azure.cn/v1/.well-known/openidconfiguration",
		login:    "https://login.partner.microsoftonline.cn",
		scope:    "https://api.botframework.azure.cn/.default",
		services: []string{"frontend.botapi.msg.infra.teams.microsoftonline.cn"},
		origins:  []string{"https://teams.microsoftonline.cn"},
		deeplink: "https://teams.microsoftonline.cn/l/message/",
	},
}

// multiTenant is where bots that are not bound to one tenant get their token.
const multiTenant = "botframework.com"

// channelTeams is the channelId of Teams, and what a key has to be endorsed
// for. Microsoft's own libraries let keys without endorsements pass; we do not.
const channelTeams = "msteams"

// Paths below the hook, and the header of both senders.
const (
	pathBot      = ""
	pathOutgoing = "/outgoing"

	headerAuth   = "Authorization"
	schemeBearer = "Bearer "
	schemeHMAC   = "HMAC "
)

// Types of activities and names of invokes that we read.
const (
	typeMessage      = "message"
	typeUpdate       = "messageUpdate"
	typeDelete       = "messageDelete"
	typeReaction     = "messageReaction"
	typeInvoke       = "invoke"
	typeConversation = "conversationUpdate"
	typeInstallation = "installationUpdate"

	invokeCard     = "adaptiveCard/action"
	invokeFeedback = "message/submitAction"
	invokeAsk      = "composeExtension/fetchTask"
	invokeDialog   = "composeExtension/submitAction"
)

// Content types of cards and of answers to invokes.
const (
	typeCard       = "application/vnd.microsoft.card.adaptive"
	typeText       = "application/vnd.microsoft.activity.message"
	typeFault      = "application/vnd.microsoft.error"
	typeFile       = "application/vnd.microsoft.teams.file.download.info"
	cardVersion    = "1.5" // newer ones are unverified on mobile clients
	cardSchema     = "http://adaptivecards.io/schemas/adaptive-card.json"
	labelGenerated = "AIGeneratedContent"
)

// Verbs of our buttons, and the field in which an agent edits a draft.
const (
	verbPrefix  = "copilot."
	verbRefresh = "copilot.refresh"
	fieldReply  = "reply"
	commandAsk  = "copilotSuggest"
)

// verdicts are what buttons and reactions mean, by verb without prefix and by
// the name of the reaction.
var (
	verdicts  = map[string]string{"use": "used", "edited": "edited", "edit": "edited", "up": "up", "down": "down"}
	reactions = map[string]string{"like": "up", "heart": "up", "dislike": "down", "sad": "down", "angry": "down"}
)

// Ids of conversations: a chat with one person begins with personalPrefix,
// everything that others may read does not.
const (
	personalPrefix = "a:"
	botPrefix      = "28:"
	threadMark     = ";messageid="
)

// outsiders are the roles of members who are no colleagues.
var outsiders = []string{"guest", "anonymous"}

// Keys of an event's route.
const (
	routeService      = "service"      // where the API is; changes with the region
	routeConversation = "conversation" // without the thread, to ask who is in it
	routeUser         = "user"         // the agent who asked, who alone gets the answer
	routeAsk          = "ask"          // the id of what that agent sent
	routeWho          = "who"          // the customer's name, for the card
	routeKind         = "kind"         // personal, groupChat, channel
	routeView         = "view"         // of Show: card or dialog
)

const (
	viewCard   = "card"
	viewDialog = "dialog"
	personal   = "personal"
)
