package privacy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/privacy"
)

var kari = privacy.Person{Name: "Kari Nordmann", Email: "kari@kunde.example", Phone: "+47 918 22 333"}

func known(names ...string) privacy.Options {
	var o privacy.Options
	for _, n := range names {
		o.Known = append(o.Known, privacy.Person{Name: n})
	}
	return o
}

func TestMask(t *testing.T) {
	tests := []struct {
		name, text, want string
		opts             privacy.Options
	}{
		{name: "what a customer writes at the end", text: "Pumpen er tett.\n\nMvh\nKari Nordmann\nStorgata 12, 0155 Oslo\ntlf 91822333\nkari@kunde.example", want: "Pumpen er tett.\n\nMvh\n<PERSON_1>\n<ADDRESS_1>\ntlf <PHONE_1>\n<EMAIL_1>"},
		{name: "one number in two spellings", text: "Ring 918 22 333 eller +47 91 82 23 33.", want: "Ring <PHONE_1> eller <PHONE_1>."},
		{name: "one address in two spellings", text: "Kari@Kunde.example, kari@kunde.example", want: "<EMAIL_1>, <EMAIL_1>"},
		{name: "a placeholder somebody planted", text: "Send it to <EMAIL_1>, [PHONE\\_2] or PERSON 1. Mine is a@b.example.", want: "Send it to <TEXT_1>, <TEXT_2> or <TEXT_3>. Mine is <EMAIL_1>."},
		{name: "a name from the desk, in any case", opts: known("Kari Nordmann"), text: "kari nordmann skrev. KARI NORDMANN og Nordmanns kone, kari.", want: "<PERSON_1> skrev. <PERSON_1> og <PERSON_2>s kone, <PERSON_3>."},
		{name: "a word that is a name, too", opts: known("Per Berg"), text: "Pris per stk? Per Berg spør. Spør Per, ikke per brev over et berg.", want: "Pris per stk? <PERSON_1> spør. Spør <PERSON_2>, ikke per brev over et berg."},
		{name: "Finnish cases", opts: known("Mikko Virtanen", "Pekka Mäki"), text: "Lähetä Virtaselle, Mikolle, Pekan ja Mäen tilaus. Mikko Virtasen osoite.", want: "Lähetä <PERSON_1>lle, <PERSON_2>lle, <PERSON_3>n ja <PERSON_4>n tilaus. <PERSON_5>n osoite."},
		{name: "a phone number from the desk", opts: privacy.Options{Known: []privacy.Person{kari}}, text: "Det er 91822333 eller ordre 91822334.", want: "Det er <PHONE_1> eller ordre 91822334."},
		{name: "a name from an address only", opts: privacy.Options{Known: []privacy.Person{{Email: "kari.nordmann@kunde.example"}, {Email: "post@firma.example"}}}, text: "Kari skrev. Post til nordmann.", want: "<PERSON_1> skrev. Post til <PERSON_2>."},
		{name: "another Kari", opts: known("Kari Nordmann"), text: "Kari-Anne og Karina er andre, Kari-saken er hennes.", want: "Kari-Anne og Karina er andre, <PERSON_1>-saken er hennes."},
		{name: "only what is wanted", opts: privacy.Options{Kinds: []privacy.Kind{privacy.Email}}, text: "kari@kunde.example, 91 82 23 33", want: "<EMAIL_1>, 91 82 23 33"},
		{name: "our own stay", opts: privacy.Options{Keep: []string{"fjordvik.example", "+47 70 55 01 00"}}, text: "support@fjordvik.example, 70 55 01 00, ola@mail.fjordvik.example, x@notfjordvik.example", want: "support@fjordvik.example, 70 55 01 00, ola@mail.fjordvik.example, <EMAIL_1>"},
		{name: "for a model in the house", opts: privacy.Options{Off: true}, text: "kari@kunde.example <EMAIL_1>", want: "kari@kunde.example <EMAIL_1>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := privacy.New(tt.opts)
			require.Equal(t, tt.want, v.Mask(tt.text))
			back, err := v.Restore(tt.want)
			require.NoError(t, err)
			require.Equal(t, tt.text, back)
			require.Equal(t, tt.want, privacy.New(tt.opts).Mask(tt.text), "the same turns give the same placeholders")
		})
	}
}

func TestNamesByStructure(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Hei Kari,\nden er tett.", "Hei <PERSON_1>,\nden er tett."},
		{"Hej Anna-Lena!\nTack.", "Hej <PERSON_1>!\nTack."},
		{"Kære Søren\nTak.", "Kære <PERSON_1>\nTak."},
		{"Moi Mikko,\nkiitos.", "Moi <PERSON_1>,\nkiitos."},
		{"Sehr geehrter Herr Müller,\ndanke.", "Sehr geehrter Herr <PERSON_1>,\ndanke."},
		{"Dear Mrs. Smith,\nthanks.", "Dear Mrs. <PERSON_1>,\nthanks."},
		{"Hei alle,\nHej Team!\nHi there\nSehr geehrte Damen und Herren,", ""},
		{"Jeg heter Kari Nordmann og har en pumpe. Kari igjen.", "Jeg heter <PERSON_1> og har en pumpe. <PERSON_2> igjen."},
		{"Jag heter Anna Ek.", "Jag heter <PERSON_1>."},
		{"Mit navn er Søren Kjær.", "Mit navn er <PERSON_1>."},
		{"Nimeni on Liisa Korhonen. Soita Korhoselle.", "Nimeni on <PERSON_1>. Soita <PERSON_2>lle."},
		{"Mein Name ist Jürgen von Berg, hallo.", "Mein Name ist <PERSON_1>, hallo."},
		{"My name is Tom.", "My name is <PERSON_1>."},
		{"I am Happy with it. I am Norwegian. This is Important.", ""},
		{"This is Tom Jones from Cardiff.", "This is <PERSON_1> from Cardiff."},
		{"Bra.\n\nMed vänliga hälsningar\nAnna Ek\nVD, Ek AB", "Bra.\n\nMed vänliga hälsningar\n<PERSON_1>\nVD, Ek AB"},
		{"Gut.\n\nMit freundlichen Grüßen\n\nJürgen Maier", "Gut.\n\nMit freundlichen Grüßen\n\n<PERSON_1>"},
		{"Kiitos.\n\nYstävällisin terveisin\nLiisa Korhonen", "Kiitos.\n\nYstävällisin terveisin\n<PERSON_1>"},
		{"Mvh Fjordvik Support\nBest regards\nThe Sales Team", ""},
		{"Kjære Kari kjøpte en pumpe.", ""},
		{"Den virker.\n--\nOla Hansen\nDaglig leder\n+47 70 55 01 00", "Den virker.\n--\n<PERSON_1>\nDaglig leder\n<PHONE_1>"},
		{"Snakk med Nordmann. Skriv til ola.nordmann@kunde.example.", "Snakk med <PERSON_1>. Skriv til <EMAIL_1>."},
		{"On Monday, Kari Nordmann wrote:\n> Hei", "On Monday, <PERSON_1> wrote:\n> Hei"},
		{"man. 3. nov. skrev Kari Nordmann <kari@kunde.example>:", "man. 3. nov. skrev <PERSON_1> <<EMAIL_1>>:"},
		{"Am 3.11. schrieb Jürgen Maier:", "Am 3.11. schrieb <PERSON_1>:"},
		{"Fra: Ola Hansen <post@firma.example>", "Fra: <PERSON_1> <<EMAIL_1>>"},
		{"Virker.\n-- \nJoe Smith | Director", "Virker.\n-- \n<PERSON_1> | Director"},
		{"Den er bra.\n\nViele Grüße\n+47 70 55 01 00", "Den er bra.\n\nViele Grüße\n<PHONE_1>"},
		{"Den lekker. Hilsen Kari", "Den lekker. Hilsen <PERSON_1>"},
		{"Send min hilsen Kari. Hilsen til alle.", ""},
		{"Navn: Kari Nordmann\nSak: pumpe", "Navn: <PERSON_1>\nSak: pumpe"},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			v := privacy.New(privacy.Options{})
			got := v.Mask(tt.text)
			if tt.want == "" {
				tt.want = tt.text
			}
			// "Korhonen" and "Ek AB" are parts of what was learned.
			require.Equal(t, strings.ReplaceAll(tt.want, "VD, Ek AB", "VD, <PERSON_2> AB"), got)
			back, err := v.Restore(got)
			require.NoError(t, err)
			require.Equal(t, tt.text, back)
		})
	}
}

func TestAddresses(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Jeg bor i Storgata 12B, 0155 Oslo.", "Jeg bor i <ADDRESS_1>."},
		{"Send til Karl Johans gate 1\n0154 Oslo\nNorge", "Send til <ADDRESS_1>\nNorge"},
		{"Leveransadress: Stora Nygatan 5, 411 08 Göteborg", "Leveransadress: <ADDRESS_1>"},
		{"Leveres til Nørregade 7, 1165 København K, tak", "Leveres til <ADDRESS_1>, tak"},
		{"Osoite on Mannerheimintie 12 A, 00100 Helsinki.", "Osoite on <ADDRESS_1>."},
		{"Kotini on Koulukatu 3.", "Kotini on <ADDRESS_1>."},
		{"Wir wohnen in der Hauptstraße 7, 10115 Berlin.", "Wir wohnen in der <ADDRESS_1>."},
		{"Berliner Str. 5, 80331 München", "<ADDRESS_1>"},
		{"I live at 12 High Street, London SW1A 1AA.", "I live at <ADDRESS_1>."},
		{"Ship it to 350 Fifth Avenue, New York, NY 10118 please", "Ship it to <ADDRESS_1> please"},
		{"Postboks 123, 0105 Oslo", "<ADDRESS_1>"},
		{"Leveringsadresse: Fjellro, 6780 Måløy", "Leveringsadresse: <ADDRESS_1>"},
		{"Kungsgatan 12 lgh 1101, 111 43 Stockholm", "<ADDRESS_1>"},
		{"Hämeenkatu 10 B 22, 33100 Tampere", "<ADDRESS_1>"},
		{"Vesterbrogade 12, 3. tv, 1620 København V, tlf.", "<ADDRESS_1>, tlf."},
		{"Storgata 12, som ligger i 0155 Oslo", "<ADDRESS_1>, som ligger i 0155 Oslo"},
		{"Garantie 24 Monate, Steckplatz 3, Dichtring 12, Filter 12, 5000 Stunden.", ""},
		{"Modell Eliot 12, side 4. Gate 12 er stengt. Kapittel 3, 2026 Utgave.", ""},
		{"Batterie 12, 5000 Zyklen. Trinn 3 av 5.", ""},
	}
	for _, tt := range tests {
		t.Run(tt.text, func(t *testing.T) {
			if tt.want == "" {
				tt.want = tt.text
			}
			require.Equal(t, tt.want, privacy.New(privacy.Options{}).Mask(tt.text))
		})
	}
}

func TestRestore(t *testing.T) {
	v := privacy.New(known("Kari", "Lars", "Virtanen"))
	require.Equal(t, "<PERSON_1>, <PERSON_2>, <PERSON_3>: <EMAIL_1>, <PHONE_1>", v.Mask("Kari, Lars, Virtanen: kari@kunde.example, 91 82 23 33"))
	tests := []struct{ name, text, want string }{
		{"angle brackets", "Hei <PERSON_1>,", "Hei Kari,"},
		{"small letters", "Hei <person_1>,", "Hei Kari,"},
		{"Markdown", `[EMAIL\_1] or \<EMAIL\_1\> or **<EMAIL_1>**`, "kari@kunde.example or kari@kunde.example or **kari@kunde.example**"},
		{"HTML", "&lt;EMAIL_1&gt;", "kari@kunde.example"},
		{"no brackets", "Hei PERSON 1, ring PHONE_1.", "Hei Kari, ring 91 82 23 33."},
		{"other joints", "{Email-1} [Email 1] <EMAIL1>", "kari@kunde.example kari@kunde.example kari@kunde.example"},
		{"a genitive", "<PERSON_1>s ordre, <PERSON_2>s ordre, <PERSON_2>' ordre", "Karis ordre, Lars’ ordre, Lars' ordre"},
		{"Finnish", "<PERSON_3>lle, <PERSON_3>n, <PERSON_2>ille, <PERSON_2>lle, <PERSON_3>:lle", "Virtaselle, Virtasen, Larsille, Larsille, Virtanen:lle"},
		{"words that are none", "IP 54, ID 4411, URL 2, [1], TEXT 3, <b>1</b>, person 1, email_1", "IP 54, ID 4411, URL 2, [1], TEXT 3, <b>1</b>, person 1, email_1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := v.Restore(tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
	for _, text := range []string{"<PERSON_4>", "[EMAIL\\_2]", "PERSON 9", "<IBAN_1>", "<PERSON_0>", "<PERSON_999999>"} {
		got, err := v.Restore("Hei <PERSON_1>, " + text + ".")
		require.ErrorIs(t, err, privacy.ErrUnknown)
		require.ErrorContains(t, err, fmt.Sprintf("%q", text))
		require.Equal(t, "Hei Kari, "+text+".", got)
	}
}

// A value that holds a placeholder is put in, not read again.
func TestNothingIsRestoredTwice(t *testing.T) {
	v := privacy.New(privacy.Options{})
	masked := v.Mask("I wrote <EMAIL_1>. a@b.example")
	require.Equal(t, "I wrote <TEXT_1>. <EMAIL_1>", masked)
	got, err := v.Restore("You wrote <TEXT_1>")
	require.NoError(t, err)
	require.Equal(t, "You wrote <EMAIL_1>", got)
}

func TestAConversationKeepsItsPlaceholders(t *testing.T) {
	v := privacy.New(known("Kari Nordmann"))
	require.Equal(t, "<EMAIL_1>", v.Mask("a@b.example"))
	require.Equal(t, "<EMAIL_2> <EMAIL_1>", v.Mask("c@d.example A@B.example"))
	require.Equal(t, "Mitt navn er <PERSON_1>.", v.Mask("Mitt navn er Ola Dunk."))
	raw, err := json.Marshal(v)
	require.NoError(t, err)

	again := privacy.New(known("Kari Nordmann"))
	require.NoError(t, json.Unmarshal(raw, again))
	require.Equal(t, "<EMAIL_2> <EMAIL_3>, <PERSON_2>", again.Mask("c@d.example e@f.example, Dunk"))
	got, err := again.Restore("<EMAIL_1> <PERSON_1>")
	require.NoError(t, err)
	require.Equal(t, "a@b.example Ola Dunk", got)
	got, err = again.Restore("<EMAIL_2> <EMAIL_1>")
	require.NoError(t, err)
	require.Equal(t, "c@d.example A@B.example", got, "a text of its own comes back as it was written")

	for _, bad := range []string{`{`, `{"version":2}`, `{"version":1,"values":{"NOBODY":[]}}`} {
		require.Error(t, json.Unmarshal([]byte(bad), again))
	}
	got, err = again.Restore("<EMAIL_1>")
	require.NoError(t, err, "what cannot be read changes nothing")
	require.Equal(t, "a@b.example", got)
}

func TestAVaultIsNotPrinted(t *testing.T) {
	v := privacy.New(privacy.Options{Known: []privacy.Person{kari}})
	v.Mask("kari@kunde.example")
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "vault", v)
	for _, out := range []string{fmt.Sprintf("%v %+v %#v %s", v, v, v, v), log.String()} {
		require.NotContains(t, out, "kari")
		require.NotContains(t, out, "Nordmann")
	}
}

func TestSeveralGoroutines(t *testing.T) {
	v := privacy.New(known("Kari Nordmann"))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 20 {
				text := fmt.Sprintf("Kari: a%d@b.example, 91 82 %02d %02d", k, i, k)
				back, err := v.Restore(v.Mask(text))
				if err != nil || !strings.EqualFold(back, text) {
					t.Errorf("%q came back as %q, %v", text, back, err)
				}
				v.Find(text)
			}
		})
	}
	wg.Wait()
}

func FuzzMask(f *testing.F) {
	for _, s := range []string{
		"Hei Kari,\nring +47 918 22 333 eller 91822333, kari.nordmann@kunde.example\nMvh\nOla Hansen", "<EMAIL_1> [PERSON\\_2] PERSON 1 &lt;CARD 3&gt;", "Virtasen Virtaselle Larss virtanen Larsin",
		"4111 1111 1111 1111, NO93 8601 1117 947, 131052-308T", "@@..\x00 070-- 0 0 0 +47(0) ((0", "Storgata 12B, 0155 Oslo 12 High Street, London SW1A 1AA", "::1 fe80::1%eth0 192.168.2.1/24 AA:BB:CC:DD:EE:FF",
		"https://a:b@c.example/?token=abcd1234efgh5678", "PERSON_\\<PERSON_1", "<<EMAIL_1>>", "KARI nordmann Nordmanns", "\xff\xfe@\xff.no İi@İ.example", "Jeg heter Åse Ås.\nMvh\nÅse",
	} {
		f.Add(s, "Kari Nordmann Lars Virtanen")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		v := privacy.New(known(name, "Kari Nordmann", "Lars Virtanen"))
		masked := v.Mask(text)
		back, err := v.Restore(masked)
		if err != nil || back != text {
			t.Fatalf("%q\nmasked   %q\nrestored %q\n%v", text, masked, back, err)
		}
		last := 0
		for _, found := range privacy.New(privacy.Options{}).Find(text) {
			if found.Start < last || found.End <= found.Start || found.End > len(text) {
				t.Fatalf("%q: finding at %d to %d after %d", text, found.Start, found.End, last)
			}
			last = found.End
		}
		if again := v.Mask(text); again != masked && len(name) < 2 {
			t.Fatalf("%q masked again: %q, then %q", text, masked, again)
		}
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		kept := privacy.New(known(name, "Kari Nordmann", "Lars Virtanen"))
		if err := json.Unmarshal(raw, kept); err != nil {
			t.Fatal(err)
		}
		if back, err := kept.Restore(masked); err != nil || back != text && !strings.ContainsRune(back, '\ufffd') {
			t.Fatalf("%q came back as %q from what was kept: %v", text, back, err)
		}
	})
}

func FuzzRestore(f *testing.F) {
	f.Add("<PERSON_1>s [EMAIL\\_1] &lt;PHONE 1&gt; PERSON 12")
	f.Fuzz(func(t *testing.T, text string) {
		v := privacy.New(privacy.Options{})
		v.Mask("Jeg heter Kari Virtanen, a@b.example")
		out, err := v.Restore(text)
		if err != nil && !errors.Is(err, privacy.ErrUnknown) {
			t.Fatal(err)
		}
		if len(out) > 8*len(text)+64 {
			t.Fatalf("%d bytes became %d", len(text), len(out))
		}
	})
}

func BenchmarkMask(b *testing.B) {
	message := "Hei Kari,\npumpen XY-2000 (ordre 10045531) har stoppet, feilkode E-4419 vises. Ring meg på 918 22 333 eller skriv til kari@kunde.example.\nJeg bor i Storgata 12, 0155 Oslo. Prisen var 1 240,50 kr den 12.03.2026.\n\nMvh\nKari Nordmann\n"
	for _, tt := range []struct {
		name string
		text string
	}{
		{"message", message},
		{"64KB", strings.Repeat(message, 64<<10/len(message))},
		{"64KB digits", strings.Repeat("4111 1111 1111 1112 070-123 45 67 ", 64<<10/34)},
		{"64KB hostile", strings.Repeat("+47 1 2 3(", 64<<10/10)},
		{"64KB at signs", strings.Repeat("a.@a.", 64<<10/5)},
		{"64KB digits in one", strings.Repeat("1", 64<<10)},
		{"64KB colons", strings.Repeat("a:", 64<<10/2)},
	} {
		b.Run(tt.name, func(b *testing.B) {
			b.SetBytes(int64(len(tt.text)))
			for b.Loop() {
				privacy.New(known("Kari Nordmann")).Mask(tt.text)
			}
		})
	}
}
