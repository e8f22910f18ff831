// Package figures measures the finding of personal data on files of examples.
//
// It reads JSON lines in two forms. Cases of a recogniser have the text and how
// often it should be found:
//
//	{"recognizer": "credit_card", "text": "…", "expected": 1, "positions": [[0, 16]]}
//
// and sentences have the spans of what is in them, in Unicode code points:
//
//	{"text": "…", "spans": [{"type": "PERSON", "start": 0, "end": 4}]}
//
// where "entities" is as good a name as "spans". A sentence with an empty list
// holds nothing that may be found: a look-alike.
package figures

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sufflor/sufflor/suggest/privacy"
)

// maxExample bounds one line of a file.
const maxExample = 1 << 20

type example struct {
	Recognizer string   `json:"recognizer"`
	Text       string   `json:"text"`
	Expected   int      `json:"expected"`
	Positions  [][2]int `json:"positions"`
	Spans      []span   `json:"spans"`
	Entities   []span   `json:"entities"`
	Shape      string   `json:"shape"` // of a look-alike
}

type span struct {
	Type  string `json:"type"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Row is how well one sort of example is found.
type Row struct {
	Type     string  `json:"type"`
	Examples int     `json:"examples"`
	Expected int     `json:"expected"`
	Right    int     `json:"right"`  // found where it is; an overlap is enough
	Missed   int     `json:"missed"` // expected and not found
	Wrong    int     `json:"wrong"`  // found and not expected
	F1       float64 `json:"f1"`

	// Known is false of sorts that nothing looks for: companies' numbers,
	// dates, places.
	Known bool `json:"known"`
}

// Report is what a file showed.
type Report struct {
	Rows []Row `json:"rows"`

	// Plain counts the sentences with nothing to find, Left those in which
	// nothing was found.
	Plain int `json:"plain"`
	Left  int `json:"left"`

	// Shapes are the look-alikes by their shape, where the file names it.
	Shapes []Shape `json:"shapes,omitempty"`
}

// Shape is one sort of look-alike.
type Shape struct {
	Shape string `json:"shape"`
	Plain int    `json:"plain"`
	Left  int    `json:"left"`
}

// kinds says which of our kinds, by the beginning of its rule, answers to a
// type of the files.
var kinds = map[string]struct {
	kind privacy.Kind
	rule string
}{
	"credit_card": {privacy.Card, ""}, "crypto": {privacy.Wallet, ""}, "email": {privacy.Email, ""}, "ip": {privacy.IP, ""}, "mac": {privacy.MAC, ""}, "phone": {privacy.Phone, ""},
	"de_fuehrerschein": {privacy.ID, "de_fuehrerschein"}, "de_health_insurance": {privacy.ID, "de_kvnr"}, "de_id_card": {privacy.ID, "de_ausweis"}, "de_passport": {privacy.ID, "de_ausweis"},
	"de_lanr": {privacy.ID, "de_lanr"}, "de_social_security": {privacy.ID, "de_rvnr"}, "de_tax_id": {privacy.ID, "de_steuer_id"},
	"fi_personal_identity_code": {privacy.ID, "fi_"}, "se_personnummer": {privacy.ID, "se_"},
	// Some numbers are good in two countries.
	"no_fnr": {privacy.ID, ""}, "no_dnr": {privacy.ID, ""}, "no_hnr": {privacy.ID, ""}, "se_pnr": {privacy.ID, ""}, "se_samord": {privacy.ID, ""}, "fi_hetu": {privacy.ID, ""},
	"dk_cpr": {privacy.ID, ""}, "is_kt": {privacy.ID, ""}, "iban": {privacy.IBAN, ""}, "card": {privacy.Card, ""}, "no_konto": {privacy.Account, ""},
	"person": {privacy.Name, ""}, "street_address": {privacy.Address, ""}, "address": {privacy.Address, ""}, "phone_number": {privacy.Phone, ""}, "email_address": {privacy.Email, ""},
	"iban_code": {privacy.IBAN, ""}, "ip_address": {privacy.IP, ""}, "us_ssn": {privacy.ID, "us_"}, "url": {privacy.URL, ""},
}

// Measure reads examples and finds what is in them. The error names the line
// that cannot be read.
func Measure(r io.Reader, opts privacy.Options) (Report, error) {
	var rep Report
	rows, shapes := map[string]*Row{}, map[string]*Shape{}
	row := func(name string) *Row {
		if rows[name] == nil {
			_, known := kinds[strings.ToLower(name)]
			rows[name] = &Row{Type: name, Known: known}
		}
		return rows[name]
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxExample)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var x example
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return Report{}, fmt.Errorf("line %d: %w", n, err)
		}
		found := privacy.New(opts).Find(x.Text)
		if x.Recognizer != "" {
			row(x.Recognizer).count(x, found)
			continue
		}
		x.Spans = append(x.Spans, x.Entities...)
		if len(x.Spans) == 0 {
			rep.Plain++
			left := 0
			if len(found) == 0 {
				left = 1
			}
			rep.Left += left
			if x.Shape != "" {
				if shapes[x.Shape] == nil {
					shapes[x.Shape] = &Shape{Shape: x.Shape}
				}
				shapes[x.Shape].Plain++
				shapes[x.Shape].Left += left
			}
		}
		align(x, found, row)
	}
	if err := lines.Err(); err != nil {
		return Report{}, err
	}
	if len(rows) == 0 && rep.Plain == 0 {
		return Report{}, errors.New("no examples; each line is a JSON object with text and spans, or recognizer and expected")
	}
	for _, r := range rows {
		r.score()
		rep.Rows = append(rep.Rows, *r)
	}
	slices.SortFunc(rep.Rows, func(a, b Row) int { return cmp.Compare(a.Type, b.Type) })
	for _, s := range shapes {
		rep.Shapes = append(rep.Shapes, *s)
	}
	slices.SortFunc(rep.Shapes, func(a, b Shape) int { return cmp.Compare(a.Shape, b.Shape) })
	return rep, nil
}

// count compares one case of a recogniser with what its kind finds.
func (r *Row) count(x example, found []privacy.Finding) {
	k, ok := kinds[strings.ToLower(x.Recognizer)]
	r.Examples++
	r.Expected += x.Expected
	at := places(x.Text)
	got, right := 0, 0
	for _, f := range found {
		if !ok || f.Kind != k.kind || !strings.HasPrefix(f.Rule, k.rule) {
			continue
		}
		got++
		if len(x.Positions) == 0 || slices.ContainsFunc(x.Positions, func(p [2]int) bool { return overlap(f, at, p[0], p[1]) }) {
			right++
		}
	}
	right = min(right, x.Expected)
	r.Right += right
	r.Missed += x.Expected - right
	r.Wrong += got - right
}

// align compares the spans of a sentence with what was found in it.
func align(x example, found []privacy.Finding, row func(string) *Row) {
	at := places(x.Text)
	used := make([]bool, len(found))
	seen := map[string]bool{}
	for _, s := range x.Spans {
		r := row(s.Type)
		if !seen[s.Type] {
			r.Examples++
			seen[s.Type] = true
		}
		r.Expected++
		k, ok := kinds[strings.ToLower(s.Type)]
		hit := false
		for i, f := range found {
			if overlap(f, at, s.Start, s.End) {
				used[i] = true
				hit = hit || ok && f.Kind == k.kind && strings.HasPrefix(f.Rule, k.rule)
			}
		}
		if hit {
			r.Right++
		} else {
			r.Missed++
		}
	}
	for i, f := range found {
		if !used[i] {
			row("nothing, found as "+string(f.Kind)).Wrong++
		}
	}
}

func (r *Row) score() {
	if total := 2*r.Right + r.Missed + r.Wrong; total > 0 {
		r.F1 = 2 * float64(r.Right) / float64(total)
	} else {
		r.F1 = 1
	}
}

// places is the byte of each code point of a text, and its length at the end.
func places(text string) []int {
	at := make([]int, 0, len(text)+1)
	for i := range text {
		at = append(at, i)
	}
	return append(at, len(text))
}

func overlap(f privacy.Finding, at []int, start, end int) bool {
	last := len(at) - 1
	return f.Start < at[max(0, min(end, last))] && at[max(0, min(start, last))] < f.End
}

// Write prints a report as a table.
func (r Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	if len(r.Rows) > 0 {
		fmt.Fprintln(t, "type\texamples\texpected\tright\tmissed\twrong\tF1\t")
		for _, row := range r.Rows {
			f1 := fmt.Sprintf("%.3f", row.F1)
			if !row.Known {
				f1 = "not looked for"
				if row.Expected == 0 && row.Wrong > 0 {
					f1 = ""
				}
			}
			fmt.Fprintf(t, "%s\t%d\t%d\t%d\t%d\t%d\t%s\t\n", row.Type, row.Examples, row.Expected, row.Right, row.Missed, row.Wrong, f1)
		}
	}
	if r.Plain > 0 {
		fmt.Fprintf(t, "nothing to find\t%d\t\tleft alone\t%d\t\t%.2f %%\t\n", r.Plain, r.Left, 100*float64(r.Left)/float64(r.Plain))
		for _, s := range r.Shapes {
			fmt.Fprintf(t, "%s\t%d\t\t\t%d\t\t%.2f %%\t\n", s.Shape, s.Plain, s.Left, 100*float64(s.Left)/float64(s.Plain))
		}
	}
	return t.Flush()
}
