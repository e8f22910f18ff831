package meta

import "time"

// What Meta's documentation does not say, or what we could not compare with
// it. Correct it here; README.md tells how to find out.
const (
	// graph is where files are asked for.
	graph = "https://graph.facebook.com"

	// mediaHost has the files of WhatsApp and wants the token: unverified.
	mediaHost = "https://lookaside.fbsbx.com"

	// maxChallenge is our rule, not Meta's: nothing long is reflected.
	maxChallenge = 256

	// mediaKept is how long the id of a file in a delivery is good.
	mediaKept = 7 * 24 * time.Hour

	// maxSecrets is for several apps at one address, each with two secrets
	// during a rotation.
	maxSecrets = 8
	minSecret  = 16 // characters; those of today have 32
	minVerify  = 8  // characters of the verify token
)

// linkHosts end the names of the hosts that have the files of Messenger and
// Instagram: unverified.
var linkHosts = []string{".fbcdn.net", ".fbsbx.com", ".cdninstagram.com"}

// Objects and fields of a delivery.
const (
	objectWhatsApp  = "whatsapp_business_account"
	objectPage      = "page"
	objectInstagram = "instagram"

	fieldMessages = "messages"
	fieldEchoes   = "smb_message_echoes"
	fieldAccount  = "account_update" // its shape is unverified; only value.event is used
)

// Channels of events.
const (
	whatsApp  = "whatsapp"
	messenger = "messenger"
	instagram = "instagram"
)

// Query of the handshake.
const (
	queryMode      = "hub.mode"
	queryToken     = "hub.verify_token"
	queryChallenge = "hub.challenge"
	modeSubscribe  = "subscribe"
)

// headerSignature is the only signature that counts; the older one with SHA-1
// comes as well and is not looked at.
const headerSignature = "X-Hub-Signature-256"

// marker begins the metadata of what our own relay would send, and textMarker
// whatever we wrote anywhere.
const (
	marker     = "copilot:"
	textMarker = "[Copilot sg_"
)

// Keys of an event's route.
const routeAccount = "account"

// What the customer can answer in the form for feedback, and the best answer
// of each kind; unverified: messaging_feedback is written from memory.
var scales = map[string]struct{ worst, best float64 }{
	"csat": {1, 5}, "nps": {0, 10}, "ces": {1, 7},
}

// Codes of errors of the Graph API.
const (
	codeToken = 190
	codeApp   = 4
	codeUser  = 17
	codeBusy  = 80007
	codeSpeed = 130429

	codePermission      = 10
	codePermissionFirst = 200
	codePermissionLast  = 299
)

// senders are permissions that our token should not have: with them it could
// write to customers.
var senders = []string{"pages_messaging", "instagram_manage_messages"}
