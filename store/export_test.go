package store

// Backoff is for the table that proves it.
var Backoff = backoff
