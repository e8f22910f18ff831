// Package chatwoot listens to the conversations of a Chatwoot account and
// answers its agents with private notes.
//
// Chatwoot sends each event once, so the account can also be asked what was
// missed. Servers before 4.11.2 do not sign; what they send is a hint that is
// read again through the API. The package refuses to know how to write to a
// customer: the only thing it ever writes is a message with private set to
// true.
package chatwoot
