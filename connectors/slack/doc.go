// Package slack listens to a shared support channel and shows suggestions to
// agents as messages only they can see.
//
// It refuses to know how to write into a channel: a suggestion goes out as an
// ephemeral message to a listed agent, as the answer to a command an agent
// gave, or into a form an agent opened. Whoever is not on the list of agents,
// or belongs to another workspace, gets nothing.
package slack
