package main

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestServePrintsALinkToTheFirstAccount goes from the first start to commands
// that ask the running server.
func TestServePrintsALinkToTheFirstAccount(t *testing.T) {
	p := newPlace(t, 1)
	cmd, log := p.start(t, "serve")
	p.serving(t, log)
	link := regexp.MustCompile(`make the first account, within an hour: (http://\S+)/setup\?link=(\S+)`)
	require.Eventually(t, func() bool { return link.MatchString(log.String()) }, 20*time.Second, 20*time.Millisecond)
	m := link.FindStringSubmatch(log.String())
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Timeout: 10 * time.Second, Jar: jar}
	resp, err := client.PostForm(m[1]+"/setup", url.Values{"link": {m[2]}, "login": {"kari"}, "password": {"correct horse battery"}, "again": {"correct horse battery"}})
	require.NoError(t, err)
	page, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, "/account", resp.Request.URL.Path, string(page))

	code, out, errs := command(t, t.Context(), "-c", p.config, "people", "add", "ola", "--role", "reviewer")
	require.Zero(t, code, errs)
	require.Contains(t, out, m[1]+"/reset?link=")
	code, out, errs = command(t, t.Context(), "-c", p.config, "people", "list")
	require.Zero(t, code, errs)
	require.Regexp(t, `ola .*reviewer`, out)
	code, _, errs = command(t, t.Context(), "-c", p.config, "people", "add", "ola")
	require.Equal(t, exitFailed, code)
	require.Contains(t, errs, "has an account already")
	code, out, errs = command(t, t.Context(), "-c", p.config, "keys", "add", "crm", "--scope", "suggestions")
	require.Zero(t, code, errs)
	require.Regexp(t, `^sfk_`, out)
	code, out, errs = command(t, t.Context(), "-c", p.config, "audit", "--action", "person.")
	require.Zero(t, code, errs)
	require.Regexp(t, `token +token +person.added +ola`, out)
	require.Regexp(t, `person +kari +person.first`, out)
	stop(t, cmd, log)
	require.NotContains(t, log.String(), "correct horse")
}
