package config_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
)

func TestSingleSignOnIsConfiguredSafely(t *testing.T) {
	parse := func(public, oidc string) (config.Config, error) {
		text := "public_url: " + public + "\noidc: " + oidc + "\nworkspaces:\n  - {id: demo, name: Demo, language: nb}\n"
		return config.Parse("sufflor.yaml", []byte(text), func(name string) (string, bool) { return "from the environment", name == "SUFFLOR_OIDC" })
	}
	const public = "https://sufflor.example.com"
	c, err := parse(public, "{issuer: https://login.example.com, client_id: a, client_secret: '${SUFFLOR_OIDC}', domains: [example.com], link_by_email: true, roles: [{group: g, workspace: demo, role: agent}]}")
	require.NoError(t, err)
	require.Equal(t, "from the environment", c.OIDC.ClientSecret.Reveal())
	require.NotContains(t, fmt.Sprintf("%+v %#v", c.OIDC, c.OIDC), "from the environment")
	require.Equal(t, "login.example.com", c.OIDC.Name())
	require.Equal(t, "groups", c.OIDC.GroupsClaim)
	for _, tt := range []struct{ name, public, oidc, want string }{
		{"an address in the open", public, "{issuer: http://login.example.com, client_id: a}", "oidc.issuer"},
		{"this machine is no danger", "http://127.0.0.1:8787", "{issuer: http://localhost:9998, client_id: a}", ""},
		{"no address of our own", `""`, "{issuer: https://login.example.com, client_id: a}", "public_url"},
		{"no client", public, "{issuer: https://login.example.com}", "oidc.client_id: required"},
		{"no issuer", public, "{client_id: a}", "oidc.issuer: required"},
		{"two secrets", public, "{issuer: https://login.example.com, client_id: a, client_secret: x, client_secret_file: y}", "oidc.client_secret_file"},
		{"links by address without domains", public, "{issuer: https://login.example.com, client_id: a, link_by_email: true}", "take over"},
		{"another workspace", public, "{issuer: https://login.example.com, client_id: a, roles: [{group: g, workspace: other, role: agent}]}", "oidc.roles[0].workspace"},
		{"no such role", public, "{issuer: https://login.example.com, client_id: a, roles: [{group: g, workspace: demo, role: boss}]}", "oidc.roles[0].role"},
		{"a role without a group is everybody's", public, "{issuer: https://login.example.com, client_id: a, roles: [{workspace: demo, role: admin}]}", "oidc.roles[0].group"},
		{"an address as a domain", public, "{issuer: https://login.example.com, client_id: a, domains: [a@example.com]}", "oidc.domains[0]"},
		{"a key that is none", public, "{issuers: x}", "oidc.issuers: unknown key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse(tt.public, tt.oidc)
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
		})
	}
}
