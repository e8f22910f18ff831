// Package zammad listens to tickets of a Zammad and answers its agents with
// internal notes.
//
// Zammad signs what its triggers send with HMAC-SHA1 and without a time, so a
// delivery once recorded stays valid: what was seen before is known by the
// article's id. The package refuses to know how to write to a customer: the
// only thing it ever writes is an article of type note with internal set to
// true.
package zammad
