// Package meta listens to WhatsApp, Messenger and Instagram.
//
// These are channels, not help desks: nothing in them is for agents only. So
// this package is no [connectors.Noter]; drafts appear in our own panel, or in
// the help desk that answers. It refuses to know how to send anything: all its
// calls only read, and a test forbids every other.
package meta
