package message_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

func TestFactsNarrowTheSearch(t *testing.T) {
	known := []string{"XY-2000", "XY-3000", "BP-500"}
	for _, c := range []struct {
		name     string
		facts    []message.Fact
		body     string
		terms    []message.Term
		products []string
	}{
		{"the customer's machine", []message.Fact{{"machine_type", "XY-2000"}}, "Hva koster service?", []message.Term{{"XY-2000", .5}}, []string{"XY-2000"}},
		{"a machine nobody files documents under", []message.Fact{{"Maskin", "ZZ-9 rotor"}}, "Hva koster service?", []message.Term{{"ZZ-9 rotor", .5}}, nil},
		{"names of facts in other languages", []message.Fact{{"Gerät", "BP-500 Presse"}, {"Laitteen malli", "XY-3000"}}, "Was kostet das?", []message.Term{{"BP-500 Presse", .5}, {"XY-3000", .5}}, []string{"BP-500", "XY-3000"}},
		{"a name in camel case", []message.Fact{{"machineModel", "XY-2000"}}, "", []message.Term{{"XY-2000", .5}}, []string{"XY-2000"}},
		{"a plan weighs less and comes last", []message.Fact{{"plan", "Business"}, {"product", "XY-2000"}}, "", []message.Term{{"XY-2000", .5}, {"Business", .25}}, []string{"XY-2000"}},
		{"the message names another product", []message.Fact{{"product", "XY-2000"}}, "What does an XY-3000 cost?", nil, []string{"XY-3000"}},
		{"the message names an unknown code", []message.Fact{{"product", "XY-2000"}, {"plan", "Pro"}}, "What is E-4419?", []message.Term{{"Pro", .25}}, nil},
		{"orders, numbers, people and addresses are left out", []message.Fact{{"order_number", "A-10023344"}, {"product_serial", "20-4100"}, {"name", "Kari"}, {"email", "kari@example.com"}, {"machine", "kari@example.com"}, {"product_url", "https://example.com/x"}, {"tags", "vip"}}, "", nil, nil},
		{"values that say nothing", []message.Fact{{"product", " "}, {"plan", "none"}, {"model", "2021"}, {"version", "unknown"}, {"machine", "\xff"}}, "", nil, nil},
		{"the same twice", []message.Fact{{"product", "XY-2000"}, {"machine", "xy-2000"}}, "", []message.Term{{"XY-2000", .5}}, []string{"XY-2000"}},
		{"nothing", nil, "", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := message.Facts(c.facts, known, c.body)
			require.Equal(t, c.terms, got.Terms)
			require.Equal(t, c.products, got.Products)
		})
	}
}

func FuzzFacts(f *testing.F) {
	f.Add("machine_type", "XY-2000", "XY-2000", "Hva koster XY-3000?")
	f.Add("plan", "\xff\x00", "", "")
	f.Fuzz(func(t *testing.T, name, value, known, body string) {
		got := message.Facts([]message.Fact{{Name: name, Value: value}}, []string{known}, body)
		require.LessOrEqual(t, len(got.Terms), 1)
		for _, term := range got.Terms {
			require.NotEmpty(t, term.Text)
			require.LessOrEqual(t, len(term.Text), 80)
		}
		for _, p := range got.Products {
			require.Equal(t, known, p)
		}
	})
}
