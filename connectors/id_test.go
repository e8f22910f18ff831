package connectors_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

func TestIDs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		is   func(string) bool
		yes  []string
		no   []string
	}{
		{
			"numbers", connectors.IsNumber,
			[]string{"0", "22557799", "18446744073709551615"},
			[]string{"", "-1", "1.5", "12a", " 1", "1/2", strings.Repeat("1", 21), "١"},
		},
		{
			"parts of addresses", connectors.IsToken,
			[]string{"a", "r5v4x6q1", "5c9871d5-37", "A_b", strings.Repeat("x", 128)},
			[]string{"", ".", "..", "a/b", "a b", "a?b", "a%2f", "ü", strings.Repeat("x", 129)},
		},
		{
			"UUIDs", connectors.IsUUID,
			[]string{"390e44e6-f1e6-4368-a6dd-74a14508c2e1", "390E44E6-F1E6-4368-A6DD-74A14508C2E1"},
			[]string{"", "390e44e6f1e64368a6dd74a14508c2e1", "390e44e6-f1e6-4368-a6dd-74a14508c2eg", "390e44e6-f1e64-368-a6dd-74a14508c2e1", strings.Repeat("-", 36), strings.Repeat("é", 18)},
		},
		{
			"subdomains", connectors.IsSubdomain,
			[]string{"nordwind", "d3v-nordwind", strings.Repeat("x", 63)},
			[]string{"", "-nordwind", "nordwind-", "Nordwind", "nord.wind", "nord_wind", "evil.example/", strings.Repeat("x", 64)},
		},
		{
			"addresses", connectors.IsAddress,
			[]string{"https://api.example", "http://10.1.2.3:8080/base", "https://localhost"},
			[]string{"", "api.example", "ftp://api.example", "https://", "https:/x", "file:///etc/passwd", "http://[::1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range tt.yes {
				require.True(t, tt.is(s), s)
			}
			for _, s := range tt.no {
				require.False(t, tt.is(s), s)
			}
		})
	}
}

func TestPackageOptions(t *testing.T) {
	t.Parallel()
	good := connectors.PackageOptions{Public: "https://copilot.example/sufflor", Desk: "desk-1", Name: "Copilot"}
	u, err := good.Validate()
	require.NoError(t, err)
	require.Equal(t, "copilot.example", u.Host)
	for name, tt := range map[string]struct {
		options connectors.PackageOptions
		want    []string
	}{
		"not https":     {connectors.PackageOptions{Public: "http://copilot.example", Desk: "d", Name: "n"}, []string{"public address"}},
		"no address":    {connectors.PackageOptions{Public: "copilot.example", Desk: "d", Name: "n"}, []string{"public address"}},
		"a final slash": {connectors.PackageOptions{Public: "https://copilot.example/", Desk: "d", Name: "n"}, []string{"public address"}},
		"a query":       {connectors.PackageOptions{Public: "https://copilot.example?x=1", Desk: "d", Name: "n"}, []string{"public address"}},
		"a path":        {connectors.PackageOptions{Public: "https://copilot.example", Desk: "../d", Name: "n"}, []string{"desk"}},
		"markup":        {connectors.PackageOptions{Public: "https://copilot.example", Desk: `"><script>`, Name: "n"}, []string{"desk"}},
		"a blank name":  {connectors.PackageOptions{Public: "https://copilot.example", Desk: "d", Name: " "}, []string{"name of the app"}},
		"nothing":       {connectors.PackageOptions{}, []string{"public address", "desk", "name of the app"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.options.Validate()
			for _, want := range tt.want {
				require.ErrorContains(t, err, want)
			}
		})
	}
}
