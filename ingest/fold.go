package ingest

import "github.com/sufflor/sufflor/index"

// fold leaves out passages that say the same as an earlier one and counts them
// there. It does not change the order. Cases are never folded, for each is a
// witness. It stops when ended says so.
//
// Other documents that say the same are no matter of a document: they may change
// or go at any time. They are folded when something is looked for.
func fold(passages []index.Passage, ended func() bool) []index.Passage {
	seen := index.NewAlike()
	out := passages[:0]
	for _, p := range passages {
		if ended() {
			return nil
		}
		if p.Kind != index.KindCase {
			s := index.NewSketch(p, index.WithinDocument)
			if at, ok := seen.Find(s, ended); ok {
				out[at].Copies++
				continue
			}
			seen.Add(len(out), s)
		}
		out = append(out, p)
	}
	for i := range out {
		out[i].Ordinal = i
	}
	return out
}
