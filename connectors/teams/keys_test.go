package teams_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
)

// pair is a key of ours, published or not.
type pair struct {
	id      string
	private *rsa.PrivateKey
}

func newPair(t *testing.T, id string) pair {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	return pair{id, k}
}

func (p pair) published() map[string]any {
	return map[string]any{
		"kty": "RSA", "use": "sig", "kid": p.id, "endorsements": []string{"msteams"},
		"n": base64.RawURLEncoding.EncodeToString(p.private.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(p.private.E)).Bytes()),
	}
}

// delivery is a customer's message with a token of p.
func (p pair) delivery(t *testing.T, now time.Time, change func(jwt.MapClaims)) connectors.Delivery {
	t.Helper()
	claims := jwt.MapClaims{
		"iss": "https://api.botframework.com", "aud": app, "serviceurl": service, "nbf": now.Add(-time.Minute).Unix(), "exp": now.Add(time.Hour).Unix(),
	}
	if change != nil {
		change(claims)
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	token.Header["kid"] = p.id
	signed, err := token.SignedString(p.private)
	require.NoError(t, err)
	return connectors.Delivery{Header: http.Header{"Authorization": {"Bearer " + signed}}, Body: connectortest.Body(t, "customer_message_groupchat.json")}
}

// framework publishes keys that a test may change.
type framework struct {
	*connectortest.Fake
	mu   sync.Mutex
	keys []map[string]any
	meta map[string]any
}

func publish(t *testing.T, keys ...map[string]any) *framework {
	t.Helper()
	f := &framework{keys: keys, meta: map[string]any{"issuer": "https://api.botframework.com", "jwks_uri": "https://login.botframework.com/v1/.well-known/keys"}}
	f.Fake = connectortest.NewFake(t, func(r *http.Request) bool { return r.Header.Get("Authorization") == "" })
	f.Get("GET /v1/.well-known/openidconfiguration", func(connectortest.Call) (int, any) { return http.StatusOK, f.meta })
	f.Get("GET /v1/.well-known/keys", func(connectortest.Call) (int, any) {
		f.mu.Lock()
		defer f.mu.Unlock()
		data, err := json.Marshal(map[string]any{"keys": f.keys})
		require.NoError(t, err)
		return http.StatusOK, data
	})
	return f
}

func (f *framework) set(keys ...map[string]any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keys = keys
}

func (f *framework) fetches() int {
	n := 0
	for _, l := range f.Lines() {
		if strings.HasSuffix(l, "/keys") {
			n++
		}
	}
	return n
}

func TestKeysAreFetchedOnceForAll(t *testing.T) {
	t.Parallel()
	k := newPair(t, "k1")
	f := publish(t, k.published())
	c := start(t, settings(), f.URL)
	d := k.delivery(t, clock, nil)
	var wg sync.WaitGroup
	errs := make([]error, 30)
	for i := range errs {
		wg.Go(func() { errs[i] = c.Verify(t.Context(), d, clock) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Equal(t, 1, f.fetches())
}

func TestKeysAreRenewed(t *testing.T) {
	t.Parallel()
	k1, k2 := newPair(t, "k1"), newPair(t, "k2")
	f := publish(t, k1.published())
	c := start(t, settings(), f.URL)
	verify := func(k pair, after time.Duration) error {
		now := clock.Add(after)
		return c.Verify(t.Context(), k.delivery(t, now, nil), now)
	}
	require.NoError(t, verify(k1, 0))
	f.set(k2.published())

	require.ErrorIs(t, verify(k2, time.Minute), connectors.ErrUnverified)
	require.Equal(t, 1, f.fetches(), "an unknown key id costs at most one fetch an hour")
	require.NoError(t, verify(k2, time.Hour))
	require.Equal(t, 2, f.fetches())
	require.ErrorIs(t, verify(k1, time.Hour+time.Minute), connectors.ErrUnverified, "withdrawn")

	require.NoError(t, verify(k2, 24*time.Hour))
	require.Equal(t, 2, f.fetches())
	require.NoError(t, verify(k2, 25*time.Hour))
	require.Equal(t, 3, f.fetches(), "once a day in any case")
}

// While Microsoft cannot be reached, deliveries that we cannot judge are not
// refused for good: 503 makes Teams send again.
func TestKeysThatCannotBeFetched(t *testing.T) {
	t.Parallel()
	k1, k2 := newPair(t, "k1"), newPair(t, "k2")
	f := publish(t, k1.published())
	c := start(t, settings(), f.URL)
	verify := func(k pair, after time.Duration) error {
		now := clock.Add(after)
		return c.Verify(t.Context(), k.delivery(t, now, nil), now)
	}
	f.Fail(&connectortest.Fault{Status: 503})
	err := verify(k1, 0)
	require.Error(t, err)
	require.NotErrorIs(t, err, connectors.ErrUnverified)
	require.Zero(t, c.Answer(err), "the usual 503")
	asked := len(f.Lines())
	require.Error(t, verify(k1, time.Second))
	require.Len(t, f.Lines(), asked, "not at each delivery")

	f.Fail(nil)
	require.NoError(t, verify(k1, 11*time.Second))
	f.Fail(&connectortest.Fault{Cut: true})
	require.NoError(t, verify(k1, 48*time.Hour), "old keys do for a while")
	err = verify(k2, 48*time.Hour+time.Minute)
	require.Error(t, err)
	require.NotErrorIs(t, err, connectors.ErrUnverified, "it may be a new one")
	err = verify(k1, 121*time.Hour)
	require.Error(t, err)
	require.NotErrorIs(t, err, connectors.ErrUnverified, "too old to be believed")
	f.Fail(nil)
	require.NoError(t, verify(k1, 122*time.Hour))
}

func TestKeysOfNobodyElse(t *testing.T) {
	t.Parallel()
	k := newPair(t, "k1")
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	for name, change := range map[string]func(f *framework){
		"at another host":     func(f *framework) { f.meta["jwks_uri"] = "https://login.attacker.example/v1/.well-known/keys" },
		"by plain http":       func(f *framework) { f.meta["jwks_uri"] = "http://login.botframework.com/v1/.well-known/keys" },
		"of another issuer":   func(f *framework) { f.meta["issuer"] = "https://sts.windows.net/" },
		"none":                func(f *framework) { f.set() },
		"too short":           func(f *framework) { f.set(pair{"k1", short}.published()) },
		"for encryption":      func(f *framework) { p := k.published(); p["use"] = "enc"; f.set(p) },
		"that are not RSA":    func(f *framework) { p := k.published(); p["kty"] = "EC"; f.set(p) },
		"that are not base64": func(f *framework) { p := k.published(); p["n"] = "!"; f.set(p) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := publish(t, k.published())
			change(f)
			require.Error(t, start(t, settings(), f.URL).Verify(t.Context(), k.delivery(t, clock, nil), clock))
		})
	}
}

func TestClaims(t *testing.T) {
	t.Parallel()
	k := newPair(t, "k1")
	f := publish(t, k.published(), map[string]any{"kid": 7}, map[string]any{"kid": "k3", "kty": "RSA"})
	f.set(k.published(), map[string]any{"kid": "k3", "kty": "RSA"})
	c := start(t, settings(), f.URL)
	for name, tt := range map[string]struct {
		change func(jwt.MapClaims)
		ok     bool
	}{
		"as they are":                           {nil, true},
		"with serviceUrl written as documented": {func(m jwt.MapClaims) { m["serviceUrl"] = m["serviceurl"]; delete(m, "serviceurl") }, true},
		"for two bots":                          {func(m jwt.MapClaims) { m["aud"] = []string{app, "x"} }, false},
		"for the app's address":                 {func(m jwt.MapClaims) { m["aud"] = "api://" + app }, false},
		"with an expiry in words":               {func(m jwt.MapClaims) { m["exp"] = "never" }, false},
		"with an expiry of null":                {func(m jwt.MapClaims) { m["exp"] = nil }, false},
		"for a part of the service":             {func(m jwt.MapClaims) { m["serviceurl"] = "https://smba.trafficmanager.net/emea" }, false},
		"of an agent's own tenant":              {func(m jwt.MapClaims) { m["iss"] = "https://login.microsoftonline.com/" + tenant + "/v2.0" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.Verify(t.Context(), k.delivery(t, clock, tt.change), clock)
			if tt.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, connectors.ErrUnverified)
		})
	}
	big := connectors.Delivery{Header: http.Header{"Authorization": {"Bearer " + strings.Repeat("x", 9<<10)}}}
	require.ErrorIs(t, c.Verify(t.Context(), big, clock), connectors.ErrUnverified)
}

// A government's tokens are for a government's deployment only.
func TestClouds(t *testing.T) {
	t.Parallel()
	k := newPair(t, "k1")
	f := publish(t, k.published())
	f.meta = map[string]any{"issuer": "https://api.botframework.us", "jwks_uri": "https://login.botframework.azure.us/v1/.well-known/keys"}
	cfg := settings()
	cfg.Cloud = "usgov"
	c := start(t, cfg, f.URL)
	const gov = "https://smba.infra.gov.teams.microsoft.us/gcch/"
	d := k.delivery(t, clock, func(m jwt.MapClaims) { m["iss"], m["serviceurl"] = "https://api.botframework.us", gov })
	d.Body = []byte(strings.ReplaceAll(string(d.Body), service, gov))
	require.NoError(t, c.Verify(t.Context(), d, clock))
	rec, err := c.Read(d)
	require.NoError(t, err)
	require.Len(t, rec.Events, 1)
	require.ErrorIs(t, c.Verify(t.Context(), k.delivery(t, clock, nil), clock), connectors.ErrUnverified)
	_, err = c.Read(k.delivery(t, clock, nil))
	require.ErrorIs(t, err, connectors.ErrForeign, "a service of another cloud")
}
