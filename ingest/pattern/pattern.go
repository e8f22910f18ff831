// Package pattern holds regular expressions that are compiled when they are
// first used.
//
// A worker process reads one kind of file or two; to compile the patterns of
// all readers takes longer than to read a small file.
package pattern

import (
	"regexp"
	"sync"
)

// Lazy is regexp.MustCompile when it is first called, and its result from then
// on, also for several goroutines. It panics then if source does not compile;
// a test of this package compiles all that are in this module.
func Lazy(source string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(source) })
}
