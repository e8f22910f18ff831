// Package intercom listens to Intercom and shows its agents suggestions in the
// Inbox: as a panel that Intercom draws from our answer (Canvas Kit), and as
// internal notes.
//
// It knows two senders, both signing with the secret of one app: webhooks, and
// the panel's requests. It refuses to know how to write to a customer: the only
// thing it ever writes is a conversation part of the type note, and it draws
// panels for teammates in the Inbox only, never for the Messenger.
package intercom
