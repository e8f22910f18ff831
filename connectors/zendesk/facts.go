package zendesk

import "time"

// What Zendesk's documentation does not say, or what we could not compare with
// it. Correct it here; README.md tells how to find out.
const (
	// window is our policy: no tolerance is documented, and whether a retry
	// renews the timestamp is unknown. It leaves room for late retries.
	window = 15 * time.Minute

	// commentSort and pageSize of the list of comments; the sort parameter
	// together with page[size] is unverified.
	commentSort = "-created_at"
	pageSize    = 100

	// fetchWindow is how far before a trigger's update a comment may be to
	// belong to it. Triggers tell that something happened, not what.
	fetchWindow = 15 * time.Minute

	// maxUsers bounds the look-ups of unknown authors in one fetch.
	maxUsers = 10

	// agentWorkspace is the source of messages that a human agent typed;
	// other sources of a business are bots.
	agentWorkspace = "zd:agentWorkspace"

	// zafLeeway is for clocks that differ from Zendesk's.
	zafLeeway = time.Minute

	// pollTickets is how many tickets one poll looks at: each costs a call.
	// pollLag is how far in the past Zendesk wants a start to be, and
	// pollOverlap how much is looked at twice because clocks differ.
	pollTickets = 25
	pollLag     = 2 * time.Minute
	pollOverlap = 15 * time.Minute

	// assetHosts have the files of apps, below the app's own id. Without that
	// id any of them may frame our panel.
	assetHosts = "apps.zdusercontent.com"

	// maxWebhooks bounds what a test looks at.
	maxWebhooks = 5

	// conflictPause precedes the next attempt after an edit conflict (409).
	conflictPause = 2 * time.Second
)

// testingSecret signs test calls of every webhook that does not exist yet. It
// is published, so whoever knows it could forge deliveries.
const testingSecret = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==" //nolint:gosec // published by Zendesk, here to be refused

// Types of events, after "zen:event-type:".
const (
	typePrefix         = "zen:event-type:"
	commentAdded       = "ticket.comment_added"
	commentRedacted    = "ticket.comment_redacted"
	commentMadePrivate = "ticket.comment_made_private"
	attachmentLinked   = "ticket.attachment_linked_to_comment"
	attachmentRedacted = "ticket.attachment_redacted_from_comment"
	statusChanged      = "ticket.status_changed"
	agentAssigned      = "ticket.agent_assignment_changed"
	groupAssigned      = "ticket.group_assignment_changed"
	softDeleted        = "ticket.soft_deleted"
	permanentlyDeleted = "ticket.permanently_deleted"
	markedAsSpam       = "ticket.marked_as_spam"
	merged             = "ticket.merged"
	messageAdded       = "messaging_ticket.message_added"
)

// The scopes a token needs, and what each is for; one that is broader does.
var scopes = []struct{ narrow, broad, what string }{
	{"tickets:read", "read", "may read tickets"},
	{"tickets:write", "write", "may write notes"},
	{"users:read", "read", "may read users"},
}

// Scores of a satisfaction rating. Others say that nobody answered yet.
var scores = map[string]float64{"good": 1, "bad": 0}

// Paths below the hook.
const (
	pathEvents    = ""
	pathTrigger   = "/trigger"
	pathMessaging = "/messaging"
)

// Headers of a delivery.
const (
	headerSignature = "X-Zendesk-Webhook-Signature"
	headerStamp     = "X-Zendesk-Webhook-Signature-Timestamp"
	headerAccount   = "X-Zendesk-Account-Id"
	headerKey       = "X-Api-Key"
)

// marker begins each of our notes, so that we know them again even if the
// user we write as has changed.
const marker = "[Copilot "

// Keys of an event's route.
const (
	routeTicket       = "ticket"
	routeConversation = "conversation" // of Sunshine Conversations
	routeReason       = "reason"
	reasonRedacted    = "redacted"
	reasonTrigger     = "trigger"
	reasonMessaging   = "messaging"
)
