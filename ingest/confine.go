package ingest

import (
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// confineEvery is how often a confined process looks at its memory. In this
// time a reader takes some 10 MB.
const confineEvery = 5 * time.Millisecond

// Confine bounds what this process may take while it reads one file from
// outside, as a worker is bounded, for a command that is to start in the time
// of one process. The channel is closed once it has mapped more than memory
// bytes (0 means what a worker may have); the caller then says so and ends,
// without the reader. Where the system can, three times as much ends the
// process at once. release lifts the bounds.
func Confine(memory int64) (over <-chan struct{}, release func()) {
	if memory <= 0 {
		memory = Limits{}.withDefaults().Memory
	}
	soft := debug.SetMemoryLimit(memory / 4 * 3)
	lift := backstop(3 * memory)
	full, done, ended := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(confineEvery)
		defer tick.Stop()
		mapped := []metrics.Sample{{Name: "/memory/classes/total:bytes"}}
		for {
			select {
			case <-done:
				return
			case <-tick.C:
			}
			if metrics.Read(mapped); mapped[0].Value.Uint64() > uint64(max(memory, 0)) {
				close(full)
				return
			}
		}
	}()
	return full, func() {
		close(done)
		<-ended
		lift()
		debug.SetMemoryLimit(soft)
	}
}

// OverMemory is the error of a file that took more memory than a file may.
func OverMemory(name string) error {
	return fmt.Errorf("%s was given up: %s: %w", name, outOfMemory, ErrTooLarge)
}
