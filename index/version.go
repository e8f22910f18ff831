package index

import "fmt"

// Version names format and analysis, so that a stored result tells which
// search it came from.
func (x *Local) Version() string { return fmt.Sprintf("%d.%d", formatVersion, analysisVersion) }
