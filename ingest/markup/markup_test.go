package markup_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/markup"
)

func read(tb testing.TB, r ingest.Reader, text string) (ingest.Document, error) {
	tb.Helper()
	return r.Read(tb.Context(), ingest.Input{Name: "test.txt", Path: "test.txt", Data: strings.NewReader(text), Size: int64(len(text))})
}

// lines gives the blocks in one line each, with where they stand.
func lines(doc ingest.Document) []string {
	var out []string
	for _, b := range doc.Blocks {
		line := fmt.Sprintf("%d", b.Locator.Line)
		if b.Locator.LineEnd > 0 {
			line += fmt.Sprintf("-%d", b.Locator.LineEnd)
		}
		line += " " + string(b.Kind)
		if b.Level > 0 {
			line += fmt.Sprint(b.Level)
		}
		line += "| " + strings.TrimSpace(b.Marker+" "+b.Text)
		if b.Table != nil {
			line += b.Table.Caption + "<" + strings.Join(b.Table.Header, ";") + ">"
			for _, r := range b.Table.Rows {
				line += " " + strings.Join(r.Cells, ";")
			}
		}
		out = append(out, line)
	}
	return out
}

func TestReST(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"titles", "====\nPump\n====\n\nIntro\nwrapped.\n\nUse\n===\n\na\n\nStart\n-----\n\nb\n\nCare\n====\n\nc", []string{"1-3 heading1| Pump", "5-6 paragraph| Intro wrapped.", "8-9 heading2| Use", "11 paragraph| a", "13-14 heading3| Start", "16 paragraph| b", "18-19 heading2| Care", "21 paragraph| c"}},
		{"inline markup", "*a* **b** ``c*_d`` `e <http://x.example>`_ f_ :ref:`g <h>` :guilabel:`OK` |v| [1]_ 2*3*4 snake_case\n\n.. |v| replace:: K-07\n\n|v|", []string{"1 paragraph| a b c*_d e f g OK |v| 2*3*4 snake_case", "5 paragraph| K-07"}},
		{"lists", "#. one\n#. two\n   wrapped\n\n   - inner\n\n     more\n\n* last", []string{"1 item1| #. one", "2-3 item1| #. two wrapped", "5 item2| • inner", "7 paragraph| more", "9 item1| • last"}},
		{"definitions", "Weight\n    12 kg\n    dry\n\nIs it tight?\n    Yes.\n", []string{"1-3 item1| Weight: 12 kg dry", "5 heading6| Is it tight?", "6 paragraph| Yes."}},
		{"directives", ".. note::\n\n   Mind the *lid*.\n\n.. warning:: Hot!\n   Wait.\n\n.. toctree::\n   :maxdepth: 2\n\n   a\n   b\n\n.. code-block:: sh\n   :linenos:\n\n   a *b*\n     c\n\n.. image:: a.png\n   :alt: The valve\n\n.. a comment\n   goes on\n\nend", []string{"3 paragraph| Mind the lid.", "5-6 paragraph| Hot! Wait.", "14-18 paragraph| a *b*\n  c", "20-21 paragraph| The valve", "26 paragraph| end"}},
		{"code", "Type::\n\n    a *b*\n      c\n\nand go on", []string{"1 paragraph| Type:", "3-4 paragraph| a *b*\n  c", "6 paragraph| and go on"}},
		{"sessions", "Ask:\n\n    >>> a *b*\n    >>> c\n    1\n\nand >>> go", []string{"1 paragraph| Ask:", "3-5 paragraph| >>> a *b*\n>>> c\n1", "7 paragraph| and >>> go"}},
		{"simple tables", "=====  ======\nCode   Action\n=====  ======\nK-07   wait\n       ten\nK-08   call\n=====  ======\n\nend", []string{"1-7 table| <Code;Action> K-07;wait ten K-08;call", "9 paragraph| end"}},
		{"grid tables", "+------+--------+\n| Code | Action |\n+======+========+\n| K-07 | wait   |\n|      | ten    |\n+------+--------+\n| both          |\n+------+--------+\n", []string{"1-8 table| <Code;Action> K-07;wait ten both;both"}},
		{"list tables", ".. list-table:: Codes\n   :header-rows: 1\n\n   * - Code\n     - Action\n   * - K-07\n     - wait\n       ten\n", []string{"1-8 table| Codes<Code;Action> K-07;wait ten"}},
		{"csv tables", ".. csv-table:: Codes\n   :header: Code, Action\n\n   K-07, \"wait, ten\"\n", []string{"1-4 table| Codes<Code;Action> K-07;wait, ten"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, markup.ReST{}, tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, lines(doc))
		})
	}
	doc, err := read(t, markup.ReST{}, "Pump guide\n==========\n\na\n\n.. _care:\n\nCare of it\n----------\n\nb\n\nOn & off\n--------\n\nc")
	require.NoError(t, err)
	require.Equal(t, "Pump guide", doc.Title)
	require.Equal(t, []string{"pump-guide", "care", "on-off"}, []string{doc.Blocks[1].Locator.Anchor, doc.Blocks[3].Locator.Anchor, doc.Blocks[5].Locator.Anchor})
}

func TestAsciiDoc(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"titles", "= Pump\nKari Nordmann <kari@fjell.example>\nv1.0\n:model: K-07\n\nThe {model} is\nhere. +\nNow.\n\n== Use\n\na\n\n=== Start\n\nb", []string{"1 heading1| Pump", "6-8 paragraph| The K-07 is here.\nNow.", "10 heading2| Use", "12 paragraph| a", "14 heading3| Start", "16 paragraph| b"}},
		{"inline markup", "*a* _b_ `c_d` **e**f #g# https://x.example[h] link:i.html[j] <<k,l>> xref:m[n] kbd:[Ctrl] footnote:[o] 2*3*4 snake_case_name", []string{"1 paragraph| a b c_d ef g h j l n Ctrl (o) 2*3*4 snake_case_name"}},
		{"lists", ". one\n. two\n+\nmore\n.. inner\n. three\n\n* a\nwrapped\n** b\n- [x] c", []string{"1 item1| 1. one", "2-4 item1| 2. two\nmore", "5 item2| 1. inner", "6 item1| 3. three", "8-9 item1| • a wrapped", "10 item2| • b", "11 item1| • c"}},
		{"terms", "Weight:: 12 kg\ndry\nColour::\n  red\nIs it tight?:: Yes.", []string{"1-2 item1| Weight: 12 kg dry", "3-4 item1| Colour: red", "5 heading6| Is it tight?", "5 paragraph| Yes."}},
		{"blocks", "NOTE: Mind the lid.\n\n[WARNING]\n====\nHot!\n\n* wait\n====\n\n.Title\n[source,sh]\n----\na *b* # <1>\n  c\n----\n<1> does it\n\n// comment\n////\nmore\n////\n\n++++\n<b>raw</b>\n++++\n\nifdef::x[]\nimage::a.png[The valve,300]\nendif::[]", []string{"1 paragraph| Mind the lid.", "5 paragraph| Hot!", "7 item1| • wait", "11 paragraph| Title", "12-15 paragraph| a *b*\n  c", "16 item1| 1. does it", "28 paragraph| The valve"}},
		{"tables", ".Codes\n[cols=\"1,2\",options=\"header\"]\n|===\n|Code |Action\n\n|K-07\n|wait\nten\n\n2+|both\n|===", []string{"3-11 table| Codes<Code;Action> K-07;wait ten both;both"}},
		{"tables without options", "|===\n|Code |Action\n\n|K-07 |*wait*\n|===\n\nend", []string{"1-5 table| <Code;Action> K-07;wait", "7 paragraph| end"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, markup.Adoc{}, tt.text)
			require.NoError(t, err)
			require.Equal(t, tt.want, lines(doc))
		})
	}
	doc, err := read(t, markup.Adoc{}, "= Pump guide\n:lang: nb\n\na\n\n[[care]]\n== Care of it\n\nb\n\n[#off]\n== On & off\n\nc\n\n== Last one\n\nd")
	require.NoError(t, err)
	require.Equal(t, "Pump guide", doc.Title)
	require.Equal(t, "nb", doc.Language)
	require.Equal(t, []string{"_pump_guide", "care", "off", "_last_one"}, []string{doc.Blocks[1].Locator.Anchor, doc.Blocks[3].Locator.Anchor, doc.Blocks[5].Locator.Anchor, doc.Blocks[7].Locator.Anchor})
}

func TestFaults(t *testing.T) {
	for _, r := range []ingest.Reader{markup.ReST{}, markup.Adoc{}} {
		_, err := read(t, r, "\n \n")
		require.ErrorIs(t, err, ingest.ErrNoText)
		require.ErrorContains(t, err, "test.txt")
		_, err = r.Read(t.Context(), ingest.Input{Name: "test.txt", Data: strings.NewReader("a"), Size: 1 << 30})
		require.ErrorIs(t, err, ingest.ErrTooLarge)
	}
}

func FuzzReST(f *testing.F) {
	for _, s := range []string{"a\n=\n\nb", "- a\n\n  - b\n", "+--+\n|a |\n+--+", "=  =\na  b\n=  =", ".. note::\n   a", ".. csv-table::\n\n   a", "a::\n\n b", "``|a|``_", ":a: b", "| a\n| b", "æ  æ\n== ==", ".. list-table::\n\n   * - a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { check(t, markup.ReST{}, s) })
}

func FuzzAsciiDoc(f *testing.F) {
	for _, s := range []string{"= a\nb\n\nc", "* a\n+\nb\n** c", "|===\n|a |b\n\n|c\n|===", "a:: b\nc::\n d", "----\na\n----", "[[a]]\n.b\n====\nNOTE: c\n====", "{a} <<b>> *c*", ". a\n+\n----\n", "[cols=9*]\n|===\n|a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { check(t, markup.Adoc{}, s) })
}

func check(t *testing.T, r ingest.Reader, s string) {
	t.Helper()
	doc, err := read(t, r, s)
	if err != nil {
		return
	}
	last := strings.Count(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(s), "\n") + 1
	for _, b := range doc.Blocks {
		if b.Locator.Line < 1 || b.Locator.Line > last || b.Locator.LineEnd > last {
			t.Fatalf("%+v of %d lines", b, last)
		}
	}
}
