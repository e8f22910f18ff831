// Package liveagent listens to LiveAgent (QualityUnit, ladesk.com) and writes
// notes to its tickets.
//
// LiveAgent signs nothing: a rule of ours calls us with a token. Whatever such
// a call says is therefore a hint that a ticket changed, and the ticket is
// read through the API; a poll finds what rules missed. The package refuses to
// know how to answer a customer. A note differs from a mail in one letter
// only, so that letter is a constant, it is tried on a test ticket first, and
// each note is read again and must be one.
package liveagent
