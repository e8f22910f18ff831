// Package zendesk listens to Zendesk Support and Messaging and answers its
// agents with private notes.
//
// It knows three senders: webhooks subscribed to events or connected to a
// trigger, both signed; and Sunshine Conversations, which sends a static key
// only, so that what it says is a hint to be read again through the API. It
// also verifies the first page load of an app in the ticket sidebar, see
// [App]. It refuses to know how to write to a customer: the only thing it ever
// writes is a comment with public set to false.
package zendesk
