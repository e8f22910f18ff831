package ingest

import "context"

// maxNested is how deep files are read that stand in other files: an archive
// in a mail in a mail.
const maxNested = 3

type nestedKey struct{}

// Nest is the context for reading what a mail or an archive holds. It reports
// false when that would be more than three deep: then it must not be read.
func Nest(ctx context.Context) (context.Context, bool) {
	depth, _ := ctx.Value(nestedKey{}).(int)
	return context.WithValue(ctx, nestedKey{}, depth+1), depth < maxNested
}
