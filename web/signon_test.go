package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// employees are the people that the provider knows.
type employees map[string]*storage.User

func (e employees) GetUserByID(id string) *storage.User         { return e[id] }
func (e employees) GetUserByUsername(name string) *storage.User { return e[name] }
func (e employees) ExampleClientID() string                     { return "service" }

// provider is Zitadel's OpenID provider, which also tells groups, and whose
// answers a test may change on their way.
type provider struct {
	*storage.Storage
	*httptest.Server
	people employees
	groups map[string][]string

	token atomic.Pointer[func(claims map[string]any) string] // makes another ID token
	info  atomic.Pointer[func(claims map[string]any)]        // changes the user info
	away  atomic.Bool
}

// SetUserinfoFromToken is what its user info says.
func (p *provider) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, token, subject, origin string) error {
	err := p.Storage.SetUserinfoFromToken(ctx, info, token, subject, origin)
	info.AppendClaims("realm", map[string]any{"groups": p.groups[info.Subject]})
	return err
}

// sign makes a token of claims with a key.
func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, id string, claims map[string]any) string {
	t.Helper()
	s, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	require.NoError(t, err)
	data, err := json.Marshal(claims)
	require.NoError(t, err)
	out, err := s.Sign(data)
	require.NoError(t, err)
	text, err := out.CompactSerialize()
	require.NoError(t, err)
	return text
}

// own signs claims with the provider's own key.
func (p *provider) own(t *testing.T, claims map[string]any) string {
	t.Helper()
	key, err := p.SigningKey(t.Context())
	require.NoError(t, err)
	return sign(t, key.SignatureAlgorithm(), key.Key(), key.ID(), claims)
}

// change lets a handler answer, and changes its JSON.
func change(w http.ResponseWriter, r *http.Request, h http.Handler, f func(map[string]any)) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	var body map[string]any
	if rec.Code == http.StatusOK && json.Unmarshal(rec.Body.Bytes(), &body) == nil {
		f(body)
		data, _ := json.Marshal(body)
		rec.Body = bytes.NewBuffer(data)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

func claimsOf(token string) map[string]any {
	data, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	var claims map[string]any
	_ = json.Unmarshal(data, &claims)
	return claims
}

func startProvider(t *testing.T, redirect string) *provider {
	t.Helper()
	p := &provider{
		people: employees{
			"kari":  {ID: "kari", Username: "kari", Password: "pw", FirstName: "Kari", LastName: "<script>Nordmann", Email: "Kari@example.com", EmailVerified: true},
			"ola":   {ID: "ola", Username: "ola", Password: "pw", FirstName: "Ola", Email: "ola@example.com"},
			"eve":   {ID: "eve", Username: "eve", Password: "pw", FirstName: "Eve", Email: "eve@evil.example", EmailVerified: true},
			"kari2": {ID: "kari2", Username: "kari2", Password: "pw", FirstName: "Kari", Email: "kari@example.com", EmailVerified: true},
		},
		groups: map[string][]string{"kari": {"staff", "support"}},
	}
	p.Server = httptest.NewUnstartedServer(nil)
	issuer := "http://" + p.Listener.Addr().String()
	p.Storage = storage.NewStorageWithClients(p.people, map[string]*storage.Client{"sufflor": storage.WebClient("sufflor", "client secret", redirect)})
	h := exampleop.SetupServer(issuer, p, nil, false)
	p.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token, info := p.token.Load(), p.info.Load()
		switch {
		case p.away.Load():
			http.Error(w, "<script>maintenance", http.StatusBadGateway)
		case r.URL.Path == "/oauth/token" && token != nil:
			change(w, r, h, func(body map[string]any) {
				raw, _ := body["id_token"].(string)
				if body["id_token"] = (*token)(claimsOf(raw)); body["id_token"] == "" {
					delete(body, "id_token")
				}
			})
		case r.URL.Path == "/userinfo" && info != nil:
			change(w, r, h, *info)
		default:
			h.ServeHTTP(w, r)
		}
	})
	p.Start()
	t.Cleanup(p.Close)
	return p
}

// estate is our server beside a provider.
type estate struct {
	*httptest.Server
	t     *testing.T
	op    *provider
	store *store.Store
	on    *web.SignOn
	now   atomic.Pointer[time.Time] // nil: the real one
}

func (e *estate) time() time.Time {
	if n := e.now.Load(); n != nil {
		return *n
	}
	return time.Now()
}

func newEstate(t *testing.T, a access.Admission) *estate {
	t.Helper()
	e := &estate{t: t, store: seed(t), Server: httptest.NewUnstartedServer(nil)}
	addPeople(t, e.store)
	base := "http://" + e.Listener.Addr().String()
	e.op = startProvider(t, base+web.SignOnDone)
	e.on = &web.SignOn{Label: "Example <AS>", Admission: a, Provider: access.NewProvider(access.ProviderSettings{
		Issuer: e.op.URL, ClientID: "sufflor", Secret: "client secret", Redirect: base + web.SignOnDone, SignedOut: base + "/signin", Groups: "realm.groups", Now: e.time,
	})}
	o := options(e.store)
	o.SignOn, o.Now = e.on, e.time
	e.Config.Handler = handler(t, o)
	e.Start()
	t.Cleanup(e.Close)
	return e
}

// browser keeps cookies and goes where it is sent, until at stop.
func (e *estate) browser(stop func(*http.Request) bool) *http.Client {
	jar, err := cookiejar.New(nil)
	require.NoError(e.t, err)
	return &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if stop != nil && stop(r) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
}

var authRequest = regexp.MustCompile(`name="id" value="([^"]+)"`)

type seen struct {
	status int
	path   string // where it ended
	to     string // where it would go on to
	body   string
}

func (e *estate) see(res *http.Response, err error) seen {
	e.t.Helper()
	require.NoError(e.t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	require.NoError(e.t, err)
	return seen{res.StatusCode, res.Request.URL.Path, res.Header.Get("Location"), string(data)}
}

// signOn signs a person of the provider on, at its own form.
func (e *estate) signOn(b *http.Client, person string) seen {
	e.t.Helper()
	form := e.see(b.Get(e.URL + "/signin/oidc?next=" + url.QueryEscape("/account")))
	if form.path != "/login/username" {
		return form
	}
	id := authRequest.FindStringSubmatch(form.body)
	require.NotNil(e.t, id, form.body)
	return e.see(b.PostForm(e.op.URL+"/login/username", url.Values{"id": {id[1]}, "username": {person}, "password": {"pw"}}))
}

func (e *estate) refused() []store.Act {
	acts, err := e.store.Acts(e.t.Context(), store.ActFilter{Action: "signin.refused"})
	require.NoError(e.t, err)
	return acts
}

func TestWhoASignOnProviderVouchesForIsLetIn(t *testing.T) {
	t.Parallel()
	e := newEstate(t, access.Admission{Create: true, Domains: []string{"EXAMPLE.com"}, Groups: []string{"staff"}, Roles: []access.Grant{
		{Group: "lead", Workspace: ws, Role: access.Admin}, {Group: "support", Workspace: ws, Role: access.Agent}, {Group: "staff", Workspace: ws, Role: access.Reviewer},
	}})
	page := e.see(e.Client().Get(e.URL + "/signin"))
	require.Contains(t, page.body, "Sign in with Example &lt;AS&gt;")
	require.Contains(t, page.body, `name="password"`, "passwords go on letting in")

	b := e.browser(nil)
	got := e.signOn(b, "kari")
	require.Equal(t, 200, got.status, got.body)
	require.Equal(t, "/account", got.path)
	require.Contains(t, got.body, "kari@example.com")
	p, err := e.store.PersonByIdentity(t.Context(), e.op.URL, "kari")
	require.NoError(t, err)
	require.Equal(t, store.Person{Login: "kari@example.com", Name: "Kari <script>Nordmann", Roles: map[string]string{ws: access.Agent}},
		store.Person{Login: p.Login, Name: p.Name, Roles: p.Roles, Password: p.Password}, "the first group that fits holds")
	acts, err := e.store.Acts(t.Context(), store.ActFilter{Object: "kari@example.com"})
	require.NoError(t, err)
	var did []string
	for _, a := range acts {
		did = append(did, a.Kind+" "+a.Action+" "+a.Detail)
	}
	require.Equal(t, []string{"person signed.in single sign-on ", "provider person.role agent", "person person.added by sign-on: " + e.op.URL + " kari"}, did)

	// Again, with other groups and another address: it is the same account.
	e.op.people["kari"].Email = "kari.hansen@example.com"
	e.op.groups["kari"] = []string{"staff"}
	require.Equal(t, "/account", e.signOn(e.browser(nil), "kari").path)
	p, err = e.store.PersonByIdentity(t.Context(), e.op.URL, "kari")
	require.NoError(t, err)
	require.Equal(t, "kari@example.com", p.Login)
	require.Equal(t, map[string]string{ws: access.Reviewer}, p.Roles)
	e.op.groups["kari"] = nil
	got = e.signOn(e.browser(nil), "kari")
	require.Equal(t, 403, got.status)
	require.Contains(t, got.body, "You are in no group that has access.")
	e.op.groups["kari"] = []string{"staff"}
	require.NoError(t, e.store.DisablePerson(t.Context(), p.ID, true))
	got = e.signOn(e.browser(nil), "kari")
	require.Equal(t, 403, got.status)
	require.Contains(t, got.body, "Your account is closed.")
	require.Equal(t, 303, e.see(e.browser(func(r *http.Request) bool { return r.URL.Path == "/signin" }).Get(e.URL+"/account")).status)

	e.op.groups["eve"], e.op.groups["ola"] = []string{"staff"}, []string{"staff"}
	require.Contains(t, e.signOn(e.browser(nil), "eve").body, "Your mail address has no access here.")
	require.Contains(t, e.signOn(e.browser(nil), "ola").body, "confirms no mail address", "an address that is not verified is none")
	require.Len(t, e.refused(), 4)
	for _, a := range e.refused() {
		require.NotContains(t, a.Detail, "client secret")
	}
}

func TestAnAccountIsTakenOverByNobody(t *testing.T) {
	t.Parallel()
	e := newEstate(t, access.Admission{Create: true})
	local, err := e.store.AddPerson(t.Context(), store.Person{ID: "local", Login: "kari@example.com", Password: shared(t), Roles: map[string]string{ws: access.Admin}})
	require.NoError(t, err)
	got := e.signOn(e.browser(nil), "kari")
	require.Equal(t, 403, got.status)
	require.Contains(t, got.body, "An administrator has to link the account")
	_, err = e.store.PersonByIdentity(t.Context(), e.op.URL, "kari")
	require.ErrorIs(t, err, store.ErrNotFound)

	// Where links by address are allowed, the first takes it, and nobody after.
	e.on.Admission = access.Admission{LinkByEmail: true, Domains: []string{"example.com"}}
	require.Equal(t, "/account", e.signOn(e.browser(nil), "kari").path)
	p, err := e.store.PersonByIdentity(t.Context(), e.op.URL, "kari")
	require.NoError(t, err)
	require.Equal(t, local.ID, p.ID)
	require.Equal(t, map[string]string{ws: access.Admin}, p.Roles, "roles of /people stay where no group gives any")
	got = e.signOn(e.browser(nil), "kari2")
	require.Equal(t, 403, got.status, "another subject with the same address")
	require.Equal(t, 403, e.signOn(e.browser(nil), "eve").status)

	desk := access.Desk{Store: e.store, Workspaces: []string{ws, "nord"}, Now: time.Now}
	me := access.Who{Kind: access.KindCommand, Name: "root"}
	require.ErrorContains(t, desk.Link(t.Context(), me, "agent", e.op.URL, "kari"), "linked already")
	require.NoError(t, desk.Unlink(t.Context(), me, "kari@example.com"))
	require.ErrorContains(t, desk.Unlink(t.Context(), me, "kari@example.com"), "linked to nothing")
	e.on.Admission = access.Admission{}
	got = e.signOn(e.browser(nil), "ola")
	require.Contains(t, got.body, "You have no account here.")
	require.NoError(t, desk.Link(t.Context(), me, "agent", e.op.URL, "ola"))
	require.Equal(t, "/account", e.signOn(e.browser(nil), "ola").path, "linked by hand, no address is needed")
}

func TestTheFirstAccountIsNotMadeBySignOn(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	desk := access.Desk{Store: s, Workspaces: []string{ws}, Now: time.Now}
	_, err := desk.SignOn(t.Context(), access.Admission{Create: true}, access.Vouched{Issuer: "https://x", Subject: "1", Email: "a@example.com", Verified: true})
	require.ErrorContains(t, err, "make the first by the link")
	some, err := s.HasPeople(t.Context())
	require.NoError(t, err)
	require.False(t, some)
}

// TestATokenThatIsNotProvenOpensNothing swaps the provider's ID token for ones
// that somebody else might have made.
func TestATokenThatIsNotProvenOpensNothing(t *testing.T) {
	t.Parallel()
	e := newEstate(t, access.Admission{Create: true})
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	signing, err := e.op.SigningKey(t.Context())
	require.NoError(t, err)
	with := func(pairs ...any) func(map[string]any) string {
		return func(claims map[string]any) string {
			for i := 0; i+1 < len(pairs); i += 2 {
				if pairs[i+1] == nil {
					delete(claims, pairs[i].(string))
				} else {
					claims[pairs[i].(string)] = pairs[i+1]
				}
			}
			return e.op.own(t, claims)
		}
	}
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	for _, tt := range []struct {
		name  string
		token func(map[string]any) string
		let   bool
	}{
		{"as it was", with(), true},
		{"over for a minute, which clocks may differ", with("exp", ago(time.Minute)), true},
		{"for us among others, and said so", with("aud", []string{"other", "sufflor"}, "azp", "sufflor"), true},
		{"over", with("exp", ago(3*time.Minute)), false},
		{"of tomorrow", with("iat", ago(-24*time.Hour)), false},
		{"not yet", with("nbf", ago(-time.Hour)), false},
		{"for somebody else", with("aud", []string{"other"}, "azp", nil), false},
		{"for us among others", with("aud", []string{"sufflor", "other"}, "azp", nil), false},
		{"made for another party", with("azp", "other"), false},
		{"of another provider", with("iss", "https://login.evil.example"), false},
		{"of another attempt", with("nonce", "another"), false},
		{"without a nonce", with("nonce", nil), false},
		{"of nobody", with("sub", ""), false},
		{"beside another access token", with("at_hash", "AAAAAAAAAAAAAAAAAAAAAA"), false},
		{"none at all", func(map[string]any) string { return "" }, false},
		{"no token", func(map[string]any) string { return "x.y" }, false},
		{"of another key", func(c map[string]any) string { return sign(t, jose.RS256, other, signing.ID(), c) }, false},
		{"of another key with its own name", func(c map[string]any) string { return sign(t, jose.RS256, other, "mine", c) }, false},
		{"signed with the client's secret", func(c map[string]any) string {
			return sign(t, jose.HS256, []byte("client secret, made long enough for the algorithm"), signing.ID(), c)
		}, false},
		{"not signed", func(c map[string]any) string {
			data, _ := json.Marshal(c)
			b := base64.RawURLEncoding.EncodeToString
			return b([]byte(`{"alg":"none"}`)) + "." + b(data) + "."
		}, false},
		{"changed after it was signed", func(c map[string]any) string {
			parts := strings.Split(e.op.own(t, c), ".")
			c["sub"] = "eve"
			data, _ := json.Marshal(c)
			return parts[0] + "." + base64.RawURLEncoding.EncodeToString(data) + "." + parts[2]
		}, false},
	} {
		e.op.token.Store(&tt.token)
		before := len(e.refused())
		got := e.signOn(e.browser(nil), "kari")
		if tt.let {
			require.Equal(t, "/account", got.path, "%s: %v", tt.name, e.refused())
			continue
		}
		require.Equal(t, 401, got.status, tt.name)
		require.Equal(t, web.SignOnDone, got.path, tt.name)
		require.Contains(t, got.body, "The sign-in was not confirmed.", tt.name)
		require.Len(t, e.refused(), before+1, tt.name)
	}
	e.op.token.Store(nil)
	for name, f := range map[string]func(map[string]any){
		"user info of somebody else": func(c map[string]any) { c["sub"] = "eve" },
		"user info of nobody":        func(c map[string]any) { delete(c, "sub") },
	} {
		e.op.info.Store(&f)
		require.Contains(t, []int{401, 503}, e.signOn(e.browser(nil), "kari").status, name)
	}
}

func TestASignOnIsOfTheBrowserThatBeganItAndOnce(t *testing.T) {
	t.Parallel()
	e := newEstate(t, access.Admission{Create: true})
	back := func(r *http.Request) bool { return r.URL.Path == web.SignOnDone || r.URL.Path == "/account" }
	begun := func() (*http.Client, string) {
		b := e.browser(back)
		got := e.signOn(b, "kari")
		require.Equal(t, 302, got.status)
		return b, got.to
	}
	_, address := begun()
	require.Equal(t, 401, e.see(e.browser(nil).Get(address)).status, "without the browser's cookie")
	other, _ := begun()
	require.Equal(t, 401, e.see(other.Get(address)).status, "with another attempt's cookie: nobody is signed on as somebody else")

	mine, address := begun()
	own, err := url.Parse(e.URL + web.SignOnDone)
	require.NoError(t, err)
	kept := mine.Jar.Cookies(own)
	require.NotEmpty(t, kept)
	require.Equal(t, 303, e.see(mine.Get(address)).status)
	mine.Jar.SetCookies(own, kept)
	require.Equal(t, 401, e.see(mine.Get(address)).status, "the same again, with the cookie that was taken away")

	mine, address = begun()
	q, err := url.Parse(address)
	require.NoError(t, err)
	code := func(change func(url.Values)) string {
		v := q.Query()
		change(v)
		return e.URL + web.SignOnDone + "?" + v.Encode()
	}
	require.Equal(t, 401, e.see(mine.Get(code(func(v url.Values) { v.Set("iss", "https://login.evil.example") }))).status, "another provider's answer")
	mine, _ = begun()
	got := e.see(mine.Get(e.URL + web.SignOnDone + "?state=x&error=access_denied&error_description=<script>"))
	require.Equal(t, 401, got.status)
	require.NotContains(t, got.body, "<script>")

	mine, address = begun()
	later := time.Now().Add(11 * time.Minute)
	e.now.Store(&later)
	require.Equal(t, 401, e.see(mine.Get(address)).status, "begun too long ago")
	e.now.Store(nil)

	// Where it goes on to is one of our pages.
	b := e.browser(func(r *http.Request) bool { return r.URL.Path == "/panel" })
	form := e.see(b.Get(e.URL + "/signin/oidc?next=" + url.QueryEscape("https://evil.example/people")))
	got = e.see(b.PostForm(e.op.URL+"/login/username", url.Values{"id": {authRequest.FindStringSubmatch(form.body)[1]}, "username": {"kari"}, "password": {"pw"}}))
	require.Equal(t, "/panel", got.to)
}

func TestAProviderThatIsAwayStopsNobodyElse(t *testing.T) {
	t.Parallel()
	e := newEstate(t, access.Admission{Create: true})
	e.op.away.Store(true)
	got := e.see(e.Client().Get(e.URL + "/signin/oidc"))
	require.Equal(t, 503, got.status)
	require.Contains(t, got.body, "Single sign-on does not answer now.")
	require.Contains(t, got.body, `name="password"`)
	require.NotContains(t, got.body, "maintenance")
	err := e.on.Provider.Check(t.Context())
	require.ErrorIs(t, err, access.ErrUnreachable)
	require.Equal(t, err, e.on.Provider.Trouble())
	require.ErrorContains(t, err, "oidc.issuer: "+e.op.URL+"/.well-known/openid-configuration")
	require.ErrorContains(t, err, "look whether this machine reaches the address")

	b := e.browser(func(r *http.Request) bool { return r.URL.Path == "/panel" })
	got = e.see(b.PostForm(e.URL+"/signin", url.Values{"login": {"agent"}, "password": {secret}}))
	require.Equal(t, 303, got.status, "a password lets in")

	e.op.away.Store(false)
	require.Equal(t, 503, e.see(e.Client().Get(e.URL+"/signin/oidc")).status, "nobody waits for it again at once")
	later := time.Now().Add(time.Minute)
	e.now.Store(&later)
	b = e.browser(nil)
	require.Equal(t, "/account", e.signOn(b, "kari").path, "and then it is asked anew")

	// Signing out here offers to sign out there.
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL+"/signout", nil)
	require.NoError(t, err)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	got = e.see(b.Do(req))
	require.Equal(t, "/signin", got.path)
	require.Contains(t, got.body, "You are signed out here.")
	require.Contains(t, got.body, e.op.URL+"/end_session?client_id=sufflor&amp;post_logout_redirect_uri=")
	require.NotContains(t, e.see(b.Get(e.URL+"/account")).body, "kari@example.com")

	// One that is asked over https and answers with addresses in the open.
	plain := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{
			"issuer": "https://" + r.Host, "authorization_endpoint": "https://" + r.Host + "/a", "token_endpoint": "http://" + r.Host + "/t", "jwks_uri": "https://" + r.Host + "/k",
		})
	}))
	t.Cleanup(plain.Close)
	err = access.NewProvider(access.ProviderSettings{Issuer: plain.URL, ClientID: "x", Client: plain.Client()}).Check(t.Context())
	require.ErrorContains(t, err, "not https")
	err = access.NewProvider(access.ProviderSettings{Issuer: plain.URL + "/other", ClientID: "x", Client: plain.Client()}).Check(t.Context())
	require.ErrorIs(t, err, access.ErrUnreachable, "it calls itself something else")
}
