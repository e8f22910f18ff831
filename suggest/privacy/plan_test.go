package privacy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/privacy"
)

func TestPhoneRules(t *testing.T) {
	for _, c := range []struct{ name, text, found, rule string }{
		{"Norwegian mobile in pairs", "Hvor er 91 82 23 33?", "91 82 23 33", "phone_no"},
		{"Norwegian mobile in three groups", "Hvor er 406 12 345?", "406 12 345", "phone_no"},
		{"Danish where Norway has none", "Hvor er 26 12 34 56?", "26 12 34 56", "phone_dk"},
		{"nobody's first digit", "Hvor er 11 82 23 33?", "", ""},
		{"Swedish mobile", "Var är 070-174 06 05?", "070-174 06 05", "phone_se"},
		{"Stockholm", "Var är 08-465 004 12?", "08-465 004 12", "phone_se"},
		{"Finnish number with a digit too many for Sweden", "Missä on 0400 123 4567?", "0400 123 4567", "phone_fi"},
		{"German mobile", "Wo ist 0152 28817386?", "0152 28817386", "phone_de"},
		{"German mobile in one", "Wo ist 01701234567?", "01701234567", "phone_de"},
		{"Liverpool", "Where is 0151 234 5678?", "0151 234 5678", "phone_gb"},
		{"ten digits behind a zero, as in Germany", "Wo ist 05512 345678?", "05512 345678", "phone_de"},
		{"a leading digit that no plan has", "Hvor er 001 234 567?", "", ""},
		{"American", "Where is (415) 555-0132?", "(415) 555-0132", "phone_us"},
		{"American without such an area code", "Where is 115-555-0132?", "", ""},
		{"American service code for an area", "Where is 411-555-0132?", "", ""},
		{"American service code for an exchange", "Where is 415-411-0132?", "", ""},

		{"Norway from abroad", "+47 91822333", "+47 91822333", "phone_international"},
		{"with 00", "Hei 0047 918 22 333", "0047 918 22 333", "phone_international"},
		{"zero in parentheses", "+46 (0)70-174 06 05", "+46 (0)70-174 06 05", "phone_international"},
		{"zero left standing", "+49 0152 28817386", "+49 0152 28817386", "phone_international"},
		{"a plan we only know the lengths of", "+33 1 42 68 53 00", "+33 1 42 68 53 00", "phone_international"},
		{"Italy keeps its zero", "+39 06 678 4343", "+39 06 678 4343", "phone_international"},
		{"what follows is not part of it", "+33 1 42 68 53 00 12", "+33 1 42 68 53 00", "phone_international"},
		{"a country's length, nobody's digits", "+47 11 82 23 33", "+47 11 82 23 33", "phone_international"},
		{"a country code that is not assigned", "+999 12345678", "", ""},
		{"a country code that is not assigned, with 00", "Hei 00999 12345678", "", ""},
		{"a digit forgotten", "+44 7700 90012", "+44 7700 90012", "phone_international"},
		{"without its area code", "+49 1234567", "+49 1234567", "phone_international"},
		{"a round sum", "+100 000 000", "", ""},
		{"a sum", "+12 500 000", "", ""},
		{"another round sum", "+300 000 000", "", ""},
		{"too short for its country", "+33 1 42 68", "", ""},
		{"too long for its country", "+4512345678901", "", ""},
		{"no more than a country", "+4700000000000000", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := privacy.New(privacy.Options{}).Find(c.text)
			if c.found == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, c.found, c.text[found[0].Start:found[0].End])
			require.Equal(t, c.rule, found[0].Rule)
			require.Equal(t, privacy.Phone, found[0].Kind)
		})
	}
}

func TestOneNumberHasOnePlaceholder(t *testing.T) {
	for name, spellings := range map[string][]string{
		"Norway":  {"918 22 333", "91 82 23 33", "+47 91822333", "+4791822333", "0047 918 22 333", "004791822333", "tlf 91822333"},
		"Sweden":  {"070-174 06 05", "0701740605", "+46 70 174 06 05", "+46 (0)70-174 06 05", "0046701740605", "+46 070 174 06 05"},
		"Denmark": {"26 12 34 56", "+45 26123456", "0045 26 12 34 56", "tlf. 26123456"},
		"Finland": {"040 123 4567", "0401234567", "+358 40 1234567", "00358401234567"},
		"Germany": {"0152 28817386", "+49 152 28817386", "+49 (0)152 28817386", "0049 152 28817386"},
		"Britain": {"07700 900 123", "07700900123", "+44 7700 900123", "+44 (0)7700 900123", "00447700900123"},
		"America": {"(415) 555-0132", "415-555-0132", "+1 415 555 0132", "+14155550132"},
	} {
		t.Run(name, func(t *testing.T) {
			v := privacy.New(privacy.Options{})
			for _, s := range spellings {
				masked := v.Mask("Hei: " + s)
				require.Contains(t, masked, "<PHONE_1>", s)
				restored, err := v.Restore(masked)
				require.NoError(t, err)
				require.Equal(t, "Hei: "+s, restored)
			}
		})
	}
}

// Many numbers in one text are judged like the first.
func TestManyNumbersAreJudgedAlike(t *testing.T) {
	text := ""
	for range 400 {
		text += "115-555-0132 eller +999 12345678.\n"
	}
	require.Empty(t, privacy.New(privacy.Options{}).Find(text))
}
