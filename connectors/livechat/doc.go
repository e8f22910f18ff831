// Package livechat listens to LiveChat (Text) and answers its agents with
// events that only agents see.
//
// LiveChat signs nothing: each body repeats a key that was agreed when the
// webhook was registered. So the key is compared before anything else is read,
// the address of the hook holds a token of its own, and where that is not
// enough every message is read again through the API, see [Config.Source]. It
// refuses to know how to write to a customer: what it writes has the
// visibility "agents", and the bot it writes as joins chats in a way that
// LiveChat itself does not let write anything else.
package livechat
