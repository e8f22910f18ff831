package idnumber_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/idnumber"
)

// Numbers are made by the rules, or are those that the authorities print as
// examples; none is a living person's that we know of.
func TestNumbers(t *testing.T) {
	today := func(d string) bool { return idnumber.Norwegian(d, idnumber.Today) }
	later := func(d string) bool { return idnumber.Norwegian(d, idnumber.From2032) }
	tests := []struct {
		name  string
		check func(string) bool
		good  []string
		bad   []string
	}{
		{"Norwegian", today, []string{"15019010063", "45094647138"}, []string{"15019010064", "15019010071", "32019010063", "15139010063", "1501901006", "150190100634", "1501901006a", ""}},
		{"Norwegian from 2032", later, []string{"15019010063", "15019010071"}, []string{"15019010064", "15019010072"}},
		{"Norwegian account", idnumber.NorwegianAccount, []string{"86011117947"}, []string{"86011117948", "8601111794"}},
		{"Swedish", idnumber.Swedish, []string{"8112289874", "198112289874", "8112899870"}, []string{"8112289875", "8113289874", "218112289874", "5560360793", "811228987"}},
		{"Finnish", idnumber.Finnish, []string{"131052-308T", "020504A902E", "131052-308t", "010594Y9032"}, []string{"131052-308U", "131052/308T", "311190-1111", "131052-308", "131052-3O8T", "290201A123X"}},
		{"Danish", idnumber.Danish, []string{"0707614285", "0101010000"}, []string{"3202614285", "0713614285", "070761428"}},
		{"Danish with a check digit", idnumber.DanishChecked, []string{"0707614285"}, []string{"0707614286"}},
		{"Icelandic", idnumber.Icelandic, []string{"1201743399"}, []string{"1201743389", "1201743391", "5201743399"}},
		{"German tax", idnumber.GermanTax, []string{"86095742719"}, []string{"86095742718", "06095742719", "11111111111", "12345678903", "8609574271"}},
		{"German tax in an example", idnumber.GermanTaxExample, []string{"12345678903"}, []string{"12345678904", "86095742719"}},
		{"German document", idnumber.GermanDocument, []string{"C01X00T47"[:8] + "1", "c01x00t41"}, []string{"C01X00T47", "901X00T41", "CA1X00T41", "C01X00T", "C01X00T4X"}},
		{"German health", idnumber.GermanHealth, []string{"A123456780", "a123456780"}, []string{"A123456787", "1123456780", "A12345678"}},
		{"German pension", idnumber.GermanPension, []string{"15070649C103"}, []string{"15070649C104", "15071349C103", "01070649C103", "150706491103"}},
		{"German doctor", idnumber.GermanDoctor, []string{"123456601"}, []string{"123456901", "12345660"}},
		{"card", idnumber.Card, []string{"4111111111111111", "378282246310005", "30569309025904", "2223003122003222"}, []string{"4111111111111112", "1111111111111117", "41111111111111", "", "x111111111111111"}},
		{"IBAN", idnumber.IBAN, []string{"NO9386011117947", "DE89370400440532013000", "no9386011117947", "IS140159260076545510730339"}, []string{"NO9386011117948", "NO938601111794", "XX9386011117947", "NO", "NO93 8601 1117 947", ""}},
		{"wallet", idnumber.Wallet, []string{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"}, []string{"1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5", "1OOOOOOOOOOOOOOOOOOOOOOOOOO", strings.Repeat("3", 35)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, s := range tt.good {
				require.True(t, tt.check(s), s)
			}
			for _, s := range tt.bad {
				require.False(t, tt.check(s), s)
			}
		})
	}
	require.Equal(t, "123", idnumber.Digits("1 2-3x"))
	require.Equal(t, 15, idnumber.AccountLength("NO"))
	require.Zero(t, idnumber.AccountLength("ZZ"))
	require.Equal(t, -1, idnumber.Remainder97("NO9"))
}

func FuzzNumbers(f *testing.F) {
	f.Add("131052-308T")
	f.Add("\xff\x00 ΩA1")
	f.Fuzz(func(t *testing.T, s string) {
		for _, check := range []func(string) bool{
			idnumber.NorwegianAccount, idnumber.Swedish, idnumber.Finnish, idnumber.Danish, idnumber.DanishChecked, idnumber.Icelandic, idnumber.GermanTax, idnumber.GermanTaxExample,
			idnumber.GermanDocument, idnumber.GermanHealth, idnumber.GermanPension, idnumber.GermanDoctor, idnumber.Card, idnumber.IBAN, idnumber.Wallet, idnumber.Luhn,
		} {
			check(s)
		}
		if idnumber.Norwegian(s, idnumber.Today) && !idnumber.Norwegian(s, idnumber.From2032) {
			t.Fatalf("%s is good today and not later", s)
		}
		if d := idnumber.Digits(s); strings.Trim(d, "0123456789") != "" {
			t.Fatalf("%q", d)
		}
	})
}
