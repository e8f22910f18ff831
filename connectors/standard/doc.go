// Package standard connects any help desk or middleware that can send and take
// signed JSON webhooks after Standard Webhooks 1.0.0.
//
// What is in the webhooks is our own contract, described in README.md. It
// refuses to know any particular desk: how a suggestion is shown is up to the
// receiver, who promises to show it to agents only; each one says so in its
// field visibility.
package standard
