// Command prices writes the two price workbooks of the fictional company
// (testdata/kb/prices) from the figures of testdata/kb-src/FACTS.md.
//
// Run it from the root of the repository:
//
//	go run ./testdata/kb-src/prices
//
// The workbooks are as untidy as real price lists are, on purpose: merged
// two-line headers, section rows, formulas with cached values, notes under the
// table, a cell comment, and a hidden sheet of internal costs that must never
// be quoted to a customer.
package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/xuri/excelize/v2"
)

// dir is where the workbooks go, seen from the root of the repository.
const dir = "testdata/kb/prices"

func main() {
	log.SetFlags(0)
	log.SetPrefix("prices: ")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		log.Fatal(err)
	}
	books := []struct {
		name  string
		build func() (*excelize.File, error)
	}{
		{"fjordvik-prices-2026.xlsx", priceBook},
		{"freight-and-service-2026.xlsx", serviceBook},
	}
	for _, b := range books {
		f, err := b.build()
		if err != nil {
			log.Fatalf("%s: %v", b.name, err)
		}
		path := filepath.Join(dir, b.name)
		if err := save(f, path); err != nil {
			log.Fatalf("%s: %v", b.name, err)
		}
		fmt.Println("prices:", path)
	}
}

// priceBook is the price list: one sheet a market, one row an article.
func priceBook() (*excelize.File, error) {
	f := excelize.NewFile()
	for i, m := range markets {
		sh, err := newSheet(f, m, i == 0, []float64{12, 46, 22, 15, 15, 44})
		if err != nil {
			return nil, err
		}
		sh.title(m.t["title"], "F")
		sh.vat(m)
		sh.header(m, []string{"article", "item", "fits", "", "", "remark"}, fmt.Sprintf("%s (%s)", m.t["price"], m.currency), m.t["excl"], m.t["incl"])
		section := ""
		for _, a := range articles {
			if a.section != section {
				section = a.section
				sh.section(m.t[section], "F")
			}
			sh.text("A", a.no)
			sh.text("B", m.item(a))
			sh.text("C", a.fits)
			sh.price("D", a.price[m.column])
			sh.withVAT("E", "D", a.price[m.column], m.vat)
			sh.text("F", m.remark(a))
			if a.no == "740-2051" {
				sh.comment("D", m.t["kitComment"])
			}
			sh.row++
		}
		sh.row++
		for _, n := range []string{"noteVAT", "noteValid", "noteEXW", "noteDiscount"} {
			sh.note(m.t[n], "F")
		}
		if sh.err != nil {
			return nil, fmt.Errorf("sheet %s: %w", m.sheet, sh.err)
		}
	}
	return f, costSheet(f)
}

// serviceBook is the list of everything that is not an article of the stock:
// freight, technician, agreements, training, telematics.
func serviceBook() (*excelize.File, error) {
	f := excelize.NewFile()
	for i, m := range markets {
		sh, err := newSheet(f, m, i == 0, []float64{12, 52, 20, 15, 15, 52})
		if err != nil {
			return nil, err
		}
		sh.title(m.t["titleService"], "F")
		sh.vat(m)
		sh.header(m, []string{"article", "service", "unit", "", "", "remark"}, fmt.Sprintf("%s (%s)", m.t["price"], m.currency), m.t["excl"], m.t["incl"])
		section := ""
		for _, s := range services {
			p := s.price[m.column]
			if p == 0 || (s.key == "express" && !m.express) {
				continue // not offered in this market
			}
			if s.section != section {
				section = s.section
				sh.section(m.t[section], "F")
			}
			sh.text("A", s.no)
			sh.text("B", m.t[s.key])
			sh.text("C", m.t[s.unit])
			sh.price("D", p)
			sh.withVAT("E", "D", p, m.vat)
			remark := m.t[s.key+"Remark"]
			if s.key == "freight" {
				remark = m.freightRemark()
			}
			sh.text("F", remark)
			sh.row++
		}
		sh.row++
		for _, n := range []string{"noteVAT", "noteValid", "noteExpress"} {
			if m.t[n] != "" {
				sh.note(m.t[n], "F")
			}
		}
		if sh.err != nil {
			return nil, fmt.Errorf("sheet %s: %w", m.sheet, sh.err)
		}
	}
	return f, nil
}

// costSheet adds the hidden sheet of internal purchase prices. The figures are
// invented (a share of the list price, rounded); a draft that quotes one of
// them has read a sheet it must not read.
func costSheet(f *excelize.File) error {
	const name = "kalkyle"
	if _, err := f.NewSheet(name); err != nil {
		return err
	}
	rows := [][]any{
		{"INTERN KALKYLE – skal aldri siteres eller sendes til kunde"},
		{"Artikkel", "Vare", "Innkjøpspris NOK", "Dekningsgrad"},
	}
	for i, a := range articles {
		share := 0.52 + 0.013*float64(i%7)
		cost := math.Round(a.price[nok]*share/5) * 5
		rows = append(rows, []any{a.no, a.name["nb"], cost, math.Round((1-cost/a.price[nok])*1000) / 1000})
	}
	for i, r := range rows {
		if err := f.SetSheetRow(name, fmt.Sprintf("A%d", i+1), &r); err != nil {
			return err
		}
	}
	return f.SetSheetVisible(name, false)
}

// sheet writes one worksheet from the top down; the first error sticks.
type sheet struct {
	f    *excelize.File
	name string
	row  int
	err  error

	styleTitle, styleHead, styleSection, styleWhole, styleCents, styleNote, styleText, stylePercent int
}

const vatRow = 2 // the VAT rate stands in E2, and the formulas refer to it

// newSheet adds the market's sheet with its column widths and styles.
func newSheet(f *excelize.File, m market, first bool, widths []float64) (*sheet, error) {
	if first {
		if err := f.SetSheetName("Sheet1", m.sheet); err != nil {
			return nil, err
		}
	} else if _, err := f.NewSheet(m.sheet); err != nil {
		return nil, err
	}
	s := &sheet{f: f, name: m.sheet, row: 1}
	for i, w := range widths {
		col, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return nil, err
		}
		s.keep(f.SetColWidth(m.sheet, col, col, w))
	}
	grey := []excelize.Border{
		{Type: "top", Color: "999999", Style: 1}, {Type: "bottom", Color: "999999", Style: 1},
		{Type: "left", Color: "999999", Style: 1}, {Type: "right", Color: "999999", Style: 1},
	}
	percent := "0.0%"
	for _, st := range []struct {
		id    *int
		style excelize.Style
	}{
		{&s.styleTitle, excelize.Style{Font: &excelize.Font{Bold: true, Size: 15}}},
		{&s.styleHead, excelize.Style{
			Font: &excelize.Font{Bold: true}, Border: grey,
			Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"DCE6E4"}},
			Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
		}},
		{&s.styleSection, excelize.Style{Font: &excelize.Font{Bold: true, Italic: true}, Fill: excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F2F2F2"}}}},
		{&s.styleWhole, excelize.Style{CustomNumFmt: &m.whole, Border: grey}},
		{&s.styleCents, excelize.Style{CustomNumFmt: &m.cents, Border: grey}},
		{&s.styleText, excelize.Style{Border: grey, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}},
		{&s.styleNote, excelize.Style{Font: &excelize.Font{Italic: true, Size: 9}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}}},
		{&s.stylePercent, excelize.Style{CustomNumFmt: &percent}},
	} {
		id, err := f.NewStyle(&st.style)
		if err != nil {
			return nil, err
		}
		*st.id = id
	}
	return s, s.err
}

func (s *sheet) keep(err error) {
	if s.err == nil {
		s.err = err
	}
}

func (s *sheet) at(col string) string { return fmt.Sprintf("%s%d", col, s.row) }

func (s *sheet) set(col string, v any, style int) {
	s.keep(s.f.SetCellValue(s.name, s.at(col), v))
	s.keep(s.f.SetCellStyle(s.name, s.at(col), s.at(col), style))
}

func (s *sheet) text(col, v string)           { s.set(col, v, s.styleText) }
func (s *sheet) price(col string, v float64)  { s.set(col, v, s.money(v)) }
func (s *sheet) merge(from, to string)        { s.keep(s.f.MergeCell(s.name, s.at(from), s.at(to))) }
func (s *sheet) section(v, lastColumn string) { s.line(v, lastColumn, s.styleSection) }
func (s *sheet) note(v, lastColumn string)    { s.line(v, lastColumn, s.styleNote) }
func (s *sheet) title(v, lastColumn string)   { s.line(v, lastColumn, s.styleTitle) }

// money is the style of a price: decimals only where the price has some.
func (s *sheet) money(v float64) int {
	if v == math.Trunc(v) {
		return s.styleWhole
	}
	return s.styleCents
}

// line is a text over the whole width of the table.
func (s *sheet) line(v, lastColumn string, style int) {
	s.set("A", v, style)
	s.merge("A", lastColumn)
	s.row++
}

// vat writes the row of the VAT rate the formulas use.
func (s *sheet) vat(m market) {
	s.set("D", m.t["vat"], s.styleNote)
	s.set("E", m.vat, s.stylePercent)
	s.row = vatRow + 2
}

// header writes the two-line header: every column name spans both lines, but
// the price spans two columns above "excl. VAT" and "incl. VAT". The panes are
// frozen below it.
func (s *sheet) header(m market, keys []string, price, excl, incl string) {
	top := s.row
	for i, k := range keys {
		col, err := excelize.ColumnNumberToName(i + 1)
		s.keep(err)
		for r := top; r <= top+1; r++ {
			cell := fmt.Sprintf("%s%d", col, r)
			s.keep(s.f.SetCellStyle(s.name, cell, cell, s.styleHead))
		}
		if k == "" {
			continue
		}
		s.keep(s.f.SetCellValue(s.name, fmt.Sprintf("%s%d", col, top), m.t[k]))
		s.keep(s.f.MergeCell(s.name, fmt.Sprintf("%s%d", col, top), fmt.Sprintf("%s%d", col, top+1)))
	}
	s.keep(s.f.SetCellValue(s.name, fmt.Sprintf("D%d", top), price))
	s.keep(s.f.MergeCell(s.name, fmt.Sprintf("D%d", top), fmt.Sprintf("E%d", top)))
	s.keep(s.f.SetCellValue(s.name, fmt.Sprintf("D%d", top+1), excl))
	s.keep(s.f.SetCellValue(s.name, fmt.Sprintf("E%d", top+1), incl))
	s.row = top + 2
	s.keep(s.f.SetPanes(s.name, &excelize.Panes{
		Freeze: true, YSplit: top + 1, TopLeftCell: fmt.Sprintf("A%d", top+2), ActivePane: "bottomLeft",
	}))
}

// withVAT writes a formula and the value a spreadsheet program would have
// stored with it. The order matters: setting a value drops the formula, setting
// a formula keeps the value.
func (s *sheet) withVAT(col, net string, v, rate float64) {
	gross := math.Round(v*(1+rate)*100) / 100
	s.price(col, gross)
	s.keep(s.f.SetCellFormula(s.name, s.at(col), fmt.Sprintf("ROUND(%s*(1+$E$%d),2)", s.at(net), vatRow)))
}

func (s *sheet) comment(col, text string) {
	s.keep(s.f.AddComment(s.name, excelize.Comment{
		Cell: s.at(col), Author: "Fjordvik", Paragraph: []excelize.RichTextRun{{Text: text}},
	}))
}

// stringFormula is a formula cell as excelize writes it: it types every formula
// as text, though the cached value is a number.
var stringFormula = regexp.MustCompile(`(<c [^>]*?) t="str"(>\s*<f>)`)

// save writes the workbook with cached values typed as numbers and with fixed
// times, so that a rebuild without a change gives the same file.
func save(f *excelize.File, path string) error {
	stamp := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	if err := f.SetDocProps(&excelize.DocProperties{
		Creator: "Fjordvik Maskin AS", Created: stamp.Format(time.RFC3339), Modified: stamp.Format(time.RFC3339),
	}); err != nil {
		return err
	}
	var buf bytes.Buffer
	if err := f.Write(&buf); err != nil {
		return err
	}
	in, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		return err
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, part := range in.File {
		r, err := part.Open()
		if err != nil {
			return err
		}
		data, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			return err
		}
		if filepath.Dir(part.Name) == "xl/worksheets" {
			data = stringFormula.ReplaceAll(data, []byte("$1$2"))
		}
		p, err := w.CreateHeader(&zip.FileHeader{Name: part.Name, Method: zip.Deflate, Modified: stamp})
		if err != nil {
			return err
		}
		if _, err := p.Write(data); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o644)
}
