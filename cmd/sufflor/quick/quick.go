// Package quick keeps the garbage collector from running while the packages of
// a program start: what they make is small and stays.
//
// It imports next to nothing, so that it starts before most packages do.
package quick

import (
	"runtime"
	"runtime/debug"
)

// startPercent is GOGC for a program's first 16 MB, this many times a hundredth
// of 4 MB.
const startPercent = 400

var percent = debug.SetGCPercent(startPercent)

// Started gives the collector the setting it came with, GOGC or its default.
func Started() { debug.SetGCPercent(percent) }

// Later is [Started] once there was a collection: a short program ends before.
// Nothing else may set the percentage in between.
func Later() {
	collected := &struct{ self any }{}
	runtime.AddCleanup(collected, func(percent int) { debug.SetGCPercent(percent) }, percent)
}
