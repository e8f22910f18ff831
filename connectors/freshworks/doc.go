// Package freshworks listens to Freshdesk tickets and Freshchat conversations
// and answers their agents with private notes and private messages.
//
// The two products share a vendor and the platform for apps, and nothing else:
// [Desk] is told by an automation rule that carries a token and no signature,
// so what it is told is a hint and the ticket is read through the API; [Chat]
// is told by a webhook signed with the account's RSA key. Both refuse to know
// how to write to a customer: "private" is a constant in each call that
// writes, and is checked in what the vendor answers.
package freshworks
