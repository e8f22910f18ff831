package ingest

// CutWithin is [Cut] with another bound than [maxPassages].
var CutWithin = cutWithin
