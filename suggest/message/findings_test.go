package message_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

var findingCases = []struct{ body, want string }{
	{"Ordre 10023344 er ikke kommet til XY-2000 innen 3. mars 2026.", "order 10023344; product XY-2000; date 3. mars 2026"},
	{"Faktura nr. F-20991 på 1 250 kr", "invoice F-20991; money 1 250 kr"},
	{"Beställningen SO-4411 saknas", "order SO-4411"},
	{"Maskinen visar felkod E-4419, serienummer 20-4100", "error E-4419; serial 20-4100"},
	{"Tilaus 4419-22 ja virhe F-107", "order 4419-22; error F-107"},
	{"Meine Bestellung mit der Nummer AB-99120", "order AB-99120"},
	{"Fehler E-4419 am BP-500", "error E-4419; product BP-500"},
	{"My order number is 10023344 and my email is kari@example.com", "order 10023344; email kari@example.com"},
	{"Sag 991822: hvad koster Kaffemester Pro?", "ticket 991822; product Kaffemester Pro"},
	{"Kundenr 44112, 25 % rabatt", "customer 44112; percent 25 %"},
	{"Vi har en ZZ-77", "code ZZ-77"},
	{"Takk!", ""},
}

func TestFindings(t *testing.T) {
	known := []string{"XY-2000", "BP-500", "Kaffemester Pro", ""}
	for _, c := range findingCases {
		t.Run(c.body, func(t *testing.T) {
			var got []string
			for _, f := range message.Findings(c.body, known) {
				require.Equal(t, f.Text, c.body[f.Start:f.End])
				got = append(got, fmt.Sprintf("%s %s", f.Kind, f.Text))
			}
			require.Equal(t, c.want, strings.Join(got, "; "))
		})
	}
}

func FuzzFindings(f *testing.F) {
	for _, c := range findingCases {
		f.Add(c.body, "XY-2000")
	}
	f.Add("ordre \xff10 İ", "\xff")
	f.Fuzz(func(t *testing.T, body, known string) {
		end := 0
		for _, x := range message.Findings(body, []string{known}) {
			require.GreaterOrEqual(t, x.Start, end, "in order and apart")
			require.Greater(t, x.End, x.Start)
			require.Equal(t, body[x.Start:x.End], x.Text)
			require.NotEmpty(t, x.Kind)
			end = x.End
		}
	})
}
