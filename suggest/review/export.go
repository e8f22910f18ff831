package review

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/store"
)

var columns = []string{
	"suggestion", "created", "desk", "conversation", "language", "flag", "probability", "agents", "question", "draft", "sent", "changed",
	"reviewer", "correct", "complete", "tone", "citation", "comment", "corrected", "seconds", "reviewed",
	"cause", "document", "owner", "state", "note", "flag_after", "asked_again",
}

// exportPage is how many drafts are read at once.
const exportPage = 64

// Export writes the drafts since a time that were reviewed, rejected or
// triaged, of the newest [MaxDrafts], as CSV in UTF-8 (RFC 4180): a line for each review, and one for a
// draft without any. keep says which reviews may be seen.
func Export(ctx context.Context, w io.Writer, s Records, workspace string, r Rules, since time.Time, keep func([]store.Review) []store.Review) error {
	bad, err := Worst(ctx, s, workspace, r, since)
	if err != nil {
		return err
	}
	by := map[string]Bad{}
	for _, b := range bad {
		by[b.Suggestion.ID] = b
	}
	r.Heavy, r.Topics = 0, 0
	all, err := entries(ctx, s, workspace, r, since)
	if err != nil {
		return err
	}
	out := csv.NewWriter(w)
	if err := out.Write(columns); err != nil {
		return err
	}
	var picked []Bad
	for _, e := range all {
		b, ok := by[e.Suggestion.ID]
		if !ok {
			b = Bad{Entry: e}
		}
		if b.Reviews = keep(b.Reviews); ok || len(b.Reviews) > 0 {
			picked = append(picked, b)
		}
	}
	for some := range slices.Chunk(picked, exportPage) {
		ids := make([]string, len(some))
		for i, b := range some {
			ids[i] = b.Suggestion.ID
		}
		bodies, err := s.Bodies(ctx, workspace, ids)
		if err != nil {
			return err
		}
		for _, b := range some {
			for _, line := range lines(b, Text(bodies[b.Suggestion.ID])) {
				if err := out.Write(line); err != nil {
					return err
				}
			}
		}
		if out.Flush(); out.Error() != nil {
			return out.Error()
		}
	}
	out.Flush()
	return out.Error()
}

func lines(b Bad, draft string) [][]string {
	s := b.Suggestion
	var agents []string
	for _, o := range b.Outcomes {
		if o.Agent != "" && !slices.Contains(agents, o.Agent) {
			agents = append(agents, o.Agent)
		}
	}
	sent, _ := Sent(b.Outcomes)
	changed := ""
	if c := Changed(draft, b.Outcomes); c >= 0 {
		changed = strconv.FormatFloat(c, 'f', 3, 64)
	}
	head := []string{
		s.ID, stamp(s.Created), s.Desk, s.Conversation, s.Language, s.Flag, strconv.FormatFloat(s.Probability, 'f', 3, 64),
		strings.Join(agents, ", "), s.Question, draft, sent.Text, changed,
	}
	tail := make([]string, 7)
	if t := b.Triage; t != nil {
		copy(tail, []string{t.Cause, t.Title, t.Owner, t.State, t.Note})
	}
	if n := b.Rerun; n != nil {
		tail[5], tail[6] = n.Flag, stamp(n.Created)
	}
	var middle [][]string
	for _, v := range b.Reviews {
		middle = append(middle, []string{
			v.Reviewer, rating(v.Correct), rating(v.Complete), rating(v.Tone), rating(v.Citation), v.Comment, v.Corrected, seconds(v.Took), stamp(v.Created),
		})
	}
	if len(middle) == 0 {
		middle = [][]string{make([]string, 9)}
	}
	var out [][]string
	for _, m := range middle {
		line := slices.Concat(head, m, tail)
		for i := range line {
			line[i] = Cell(line[i])
		}
		out = append(out, line)
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// rating is empty for what could not be judged.
func rating(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func seconds(d time.Duration) string {
	if d == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f", d.Seconds())
}

// Cell makes a text safe to open in a spreadsheet: one that a program could
// take for a formula gets an apostrophe before it, as OWASP advises under "CSV
// Injection". White space before the sign does not help, and neither does its
// full-width form.
func Cell(text string) string {
	bare := strings.TrimLeft(text, " \t\r\n\v\f\u00a0\u3000\ufeff\x00")
	if strings.HasPrefix(text, "\t") || strings.HasPrefix(text, "\r") || strings.HasPrefix(text, "\n") {
		return "'" + text
	}
	for _, sign := range []string{"=", "+", "-", "@", "＝", "＋", "－", "＠", "|", "%"} {
		if strings.HasPrefix(bare, sign) {
			return "'" + text
		}
	}
	return text
}
