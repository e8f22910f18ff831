package numfmt_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/sheet/numfmt"
)

// serial is the day number of a date.
func serial(y, m, d int, h, min, s float64) float64 {
	days := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
	return days + (h*3600+min*60+s)/86400
}

func TestNumbers(t *testing.T) {
	tests := []struct {
		language, code string
		value          float64
		want           string
	}{
		{"en", "", 38900, "38900"},
		{"en", "General", 7041234567890, "7041234567890"},
		{"en", "GENERAL", 0.1 + 0.2, "0.3"},
		{"nb", "General", 59.5, "59,5"},
		{"en", "General", -0.0000123, "-0.0000123"},
		{"en", "General", 1.5e20, "1.5e+20"},
		{"en", `General" kg"`, 12, "12 kg"},
		{"en", "0", 12.5, "13"},
		{"en", "00000", 412, "00412"},
		{"en", "0.00", 2.675, "2.68"},
		{"en", "0.00", 1234.5, "1234.50"},
		{"en", "0.##", 2.5, "2.5"},
		{"en", "0.##", 2, "2"},
		{"en", "#.##", 0.5, ".5"},
		{"en", "#", 0, ""},
		{"en", "0##", 7, "007"},
		{"en", "#,##0", 1234567, "1,234,567"},
		{"de", "#,##0.00", -1234.5, "-1.234,50"},
		{"nb", "#,##0.00", 1234.5, "1\u00a0234,50"},
		{"nb", "# ##0", 1234567, "1 234 567"},
		{"nb", `# ##0 "kr"`, 690, "690 kr"},
		{"nb", `# ##0 "kr"`, 38900, "38 900 kr"},
		{"en", "0 000 000", 1234567, "1 234 567"},
		{"en", "00 00 00 00", 22334455, "22 33 44 55"},
		{"en", "(###) ###-####", 2125551234, "(212) 555-1234"},
		{"en", "000-00-0000", 1234567, "001-23-4567"},
		{"en", `"Nr. "000\-000`, 12345, "Nr. 012-345"},
		{"en", "#,##0,", 1250000, "1,250"},
		{"en", `0.0,,"M"`, 12340000, "12.3M"},
		{"en", "0%", 0.255, "26%"},
		{"de", "0.0%", 0.255, "25,5%"},
		{"en", "0.00E+00", 12345, "1.23E+04"},
		{"en", "0.00E+00", 0.00012345, "1.23E-04"},
		{"en", "0.0E-0", 12345, "1.2E4"},
		{"en", "##0.0E+0", 12345, "12.3E+3"},
		{"en", "0.00E+00", 0, "0.00E+00"},
		{"en", "0.0E+0", 9.99, "1.0E+1"},
		{"en", "# ?/?", 2.5, "2 1/2"},
		{"en", "# ??/??", 3.14159, "3 14/99"},
		{"en", "# ?/?", 3, "3"},
		{"en", "?/?", 1.5, "3/2"},
		{"en", "# ?/8", 0.375, "3/8"},
		{"en", `# ??/100"ths"`, 1.25, "1 25/100ths"},
		{"en", "# ?/?", 0.999, "1"},
		{"en", "# ?/?", -0.5, "-1/2"},
		{"en", `0;"minus "0`, -3, "minus 3"},
		{"en", `0;-0;"free"`, 0, "free"},
		{"en", "#,##0;(#,##0)", -1234, "(1,234)"},
		{"en", `0;;`, -3, ""},
		{"en", ";;;", 5, ""},
		{"en", "[Red]0", 5, "5"},
		{"en", "[Color 12]0.0", 5, "5.0"},
		{"en", `[<100]"few";[<1000]"some";"many"`, 50, "few"},
		{"en", `[<100]"few";[<1000]"some";"many"`, 500, "some"},
		{"en", `[<100]"few";[<1000]"some";"many"`, 5000, "many"},
		{"en", `[>=1000000]0.0,,"M";[>=1000]0.0,"k";0`, 2500, "2.5k"},
		{"en", `[>=1000000]0.0,,"M";[>=1000]0.0,"k";0`, -25, "-25"},
		{"en", `[=1]0" day";0" days"`, 1, "1 day"},
		{"en", `[=1]0" day";0" days"`, 3, "3 days"},
		{"en", `[>=0]0;[Red]\-0`, -4, "-4"},
		{"en", `#,##0 [$kr-41D]`, 37900, "37\u00a0900 kr"},
		{"nb", `#,##0.00 [$€-407]`, 3390, "3.390,00 €"},
		{"de", `[$$-409]#,##0.00`, -1234.5, "-$1,234.50"},
		{"de", `[$£-en-GB]#,##0.00`, 1234.5, "£1,234.50"},
		{"en", `#,##0.00 [$₿-x-euro2]`, 1234.5, "1,234.50 ₿"},
		{"da", `#,##0 "kr."`, 25300, "25.300 kr."},
		{"nb", `_-* #,##0 "kr"_-;-* #,##0 "kr"_-`, 4290, "4\u00a0290 kr"},
		{"en", `_("$"* #,##0.00_);_("$"* \(#,##0.00\);_("$"* "-"??_);_(@_)`, 0, `$ -`},
		{"en", `_("$"* #,##0.00_);_("$"* \(#,##0.00\);_("$"* "-"??_);_(@_)`, -5, `$ (5.00)`},
		{"en", "0 stk", 5, "5 stk"},
		{"en", "@", 12, "12"},
		{"en", "0.00", -0.001, "0.00"},
		{"en", "0.000000", 1234567890.1234567, "1234567890.123460"},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			got, date := numfmt.Parse(tt.code).Number(tt.value, numfmt.Place{Language: tt.language})
			require.Equal(t, tt.want, got)
			require.False(t, date)
			require.False(t, numfmt.Parse(tt.code).Date())
		})
	}
}

func TestDates(t *testing.T) {
	at := serial(2026, 3, 7, 14, 5, 9)
	tests := []struct {
		language, code string
		value          float64
		want           string
	}{
		{"en", "mm-dd-yy", at, "2026-03-07"},
		{"en", "m/d/yyyy", at, "2026-03-07"},
		{"nb", "dd.mm.yyyy", at, "2026-03-07"},
		{"nb", `dd\.mm\.yyyy\ hh:mm`, at, "2026-03-07 14:05"},
		{"nb", "d.m.", at, "2026-03-07"},
		{"nb", "dddd d.m.yyyy", at, "lørdag 2026-03-07"},
		{"en", "[$-414]d. mmmm yyyy", at, "7. mars 2026"},
		{"en", "[$-409]d-mmm-yy;@", at, "7-Mar-26"},
		{"de", "[$-F800]dddd, mmmm dd, yyyy", at, "Samstag, März 07, 2026"},
		{"de", `d. mmmm yyyy`, at, "7. März 2026"},
		{"fi", `d. mmmm yyyy`, at, "7. maaliskuuta 2026"},
		{"en", "mmmmm", at, "M"},
		{"nb", `d". mars "yyyy`, at, "7. mars 2026"},
		{"en", "mm/yyyy", at, "2026-03"},
		{"en", "yyyy", at, "2026"},
		{"en", "mmm-yy", at, "Mar-26"},
		{"ja", `yyyy"年"m"月"d"日"`, at, "2026年3月7日"},
		{"en", "m/d/yy h:mm AM/PM", at, "2026-03-07 2:05 PM"},
		{"en", "h:mm AM/PM", serial(2026, 3, 7, 0, 30, 0), "12:30 AM"},
		{"en", "h A/P", at, "2 P"},
		{"en", "hh:mm:ss", at, "14:05:09"},
		{"en", "mm:ss.0", at, "05:09.0"},
		{"de", "mm:ss.00", 0.5 + 1.234/86400, "00:01,23"},
		{"en", "[h]:mm", 1.5, "36:00"},
		{"en", "[mm]:ss", 1.5 / 24, "90:00"},
		{"en", "[ss]", 1.0 / 1440, "60"},
		{"en", "[h]:mm", -1.5, "-36:00"},
		{"en", "hh:mm", 0.99999, "23:59"},
		{"en", "hh:mm", 12.5 / 24, "12:30"},
		{"en", "yyyy-mm-dd hh:mm:ss", 45000.999999, "2023-03-16 00:00:00"},
		{"en", `yyyy\-mm\-dd"T"hh:mm`, at, "2026-03-07T14:05"},
		{"en", "hh:mm dd.mm.yyyy", at, "14:05 2026-03-07"},
		{"en", "dd/mm hh:mm yyyy", at, "2026-03-07 14:05"},
		{"en", "yyyy-mm-dd", 1, "1900-01-01"},
		{"en", "yyyy-mm-dd", 59, "1900-02-28"},
		{"en", "yyyy-mm-dd", 60, "1900-02-29"},
		{"en", "yyyy-mm-dd", 61, "1900-03-01"},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			f := numfmt.Parse(tt.code)
			got, date := f.Number(tt.value, numfmt.Place{Language: tt.language})
			require.Equal(t, tt.want, got)
			require.True(t, date)
			require.True(t, f.Date())
		})
	}
	for _, v := range []float64{-1, 3e6} {
		_, date := numfmt.Parse("yyyy-mm-dd").Number(v, numfmt.Place{})
		require.False(t, date, "no program shows %v as a date", v)
	}
	got, _ := numfmt.Parse("yyyy-mm-dd").Number(0, numfmt.Place{Date1904: true})
	require.Equal(t, "1904-01-01", got)
	got, _ = numfmt.Parse("dd.mm.yy").Number(serial(2026, 3, 7, 0, 0, 0)-1462, numfmt.Place{Date1904: true})
	require.Equal(t, "2026-03-07", got)
}

func TestTexts(t *testing.T) {
	for code, want := range map[string]string{"General": "abc", "0.00": "abc", "@": "abc", `"Nr. "@`: "Nr. abc", `0;-0;0;"<"@">"`: "<abc>", `_(* #,##0_);_(@_)`: " abc ", ";;;": ""} {
		require.Equal(t, want, numfmt.Parse(code).Text("abc"), code)
	}
}

func TestEveryBuiltinFormatShowsSomething(t *testing.T) {
	n := 0
	for id := range 200 {
		code := numfmt.Builtin(id)
		if code == "" {
			continue
		}
		n++
		text, _ := numfmt.Parse(code).Number(45000.25, numfmt.Place{})
		require.NotEmpty(t, text, "format %d", id)
	}
	require.Greater(t, n, 30)
	text, date := numfmt.Parse(numfmt.Builtin(14)).Number(45000, numfmt.Place{})
	require.Equal(t, "2023-03-15", text)
	require.True(t, date)
}

func TestExact(t *testing.T) {
	for in, want := range map[string]string{
		"12345678901234567": "12345678901234567", "1.2345678901234567E+16": "12345678901234567", "-1e15": "-1000000000000000", "1234567890123456.0": "1234567890123456",
		"1.5": "", "abc": "", "1e99": "", "": "", "1e-3": "",
	} {
		got, ok := numfmt.Exact(in)
		require.Equal(t, want, got, in)
		require.Equal(t, want != "", ok, in)
	}
	for code, plain := range map[string]bool{"General": true, "0": true, "": true, "#,##0": false, "0.00": false, "yyyy": false, `0" kg"`: false, "@": true} {
		require.Equal(t, plain, numfmt.Parse(code).Plain(), code)
	}
}

func FuzzParse(f *testing.F) {
	for _, code := range []string{"General", "# ##0,00", "[h]:mm:ss.000", `[$€-407]#,##0.00;[<0]"x"@`, "# ??/??", "0.00E+00", "\\", `"`, "[", "_", "*", "0/0", "[>=1e400]0", "e+e-E+", "aM/Pm a/p"} {
		f.Add(code, 45000.5, "nb")
		f.Add(code, -1e300, "de")
	}
	f.Fuzz(func(t *testing.T, code string, v float64, language string) {
		p := numfmt.Parse(code)
		if text, _ := p.Number(v, numfmt.Place{Language: language}); len(text) > 64*len(code)+1000 {
			t.Fatalf("%q makes %d bytes of %v", code, len(text), v)
		}
		p.Text("a")
	})
}

func BenchmarkNumber(b *testing.B) {
	for _, code := range []string{"General", `#,##0.00 "kr"`, "dd.mm.yyyy"} {
		f := numfmt.Parse(code)
		b.Run(code, func(b *testing.B) {
			for b.Loop() {
				f.Number(45123.75, numfmt.Place{Language: "nb"})
			}
		})
	}
}

func TestLooks(t *testing.T) {
	tests := []struct {
		code         string
		blank, inked bool
	}{
		{code: "General"},
		{code: ";;;", blank: true},
		{code: `" ";" ";" ";" "`, blank: true},
		{code: ";;;@"},
		{code: "0;-0;"},
		{code: "[Red]0", inked: true},
		{code: "0;[color 12]-0", inked: true},
		{code: "[>5]0"},
	}
	for _, tt := range tests {
		t.Run(tt.code, func(t *testing.T) {
			require.Equal(t, tt.blank, numfmt.Parse(tt.code).Blank())
			require.Equal(t, tt.inked, numfmt.Inked(tt.code))
		})
	}
}
