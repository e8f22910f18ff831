// Package teams listens to Microsoft Teams and shows suggestions to agents in
// their own chat with the bot.
//
// It knows two senders: the Bot Framework, whose tokens are verified with its
// published keys, and outgoing webhooks, which are signed with a shared token.
// Customers may sit in the same group chat or channel as agents, so it refuses
// to know how to write there: a conversation with customers is only ever asked
// who is in it, and a card goes to a chat that has one agent as its only
// member. An outgoing webhook is answered with a fixed text, never a draft.
package teams
