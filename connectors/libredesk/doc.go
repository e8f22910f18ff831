// Package libredesk listens to a LibreDesk of one's own and answers its agents
// with private notes.
//
// LibreDesk sends each event once and forgets it when it restarts, so what it
// sent is also looked for (Poll). Its webhooks name neither subject nor channel;
// with a key for the API they are asked for before anything is made of a
// customer's message. The package refuses to know how to write to a customer:
// the only thing it ever writes is a message with private set to true.
package libredesk
