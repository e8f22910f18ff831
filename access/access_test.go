package access_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/argon2"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
)

const secret = "correct horse battery"

func desk(t *testing.T) access.Desk {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return access.Desk{Store: s, Workspaces: []string{"a", "b"}, Now: time.Now}
}

// phc hashes with parameters of its own.
func phc(password string, memory, rounds uint32) string {
	salt := []byte("0123456789abcdef")
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=1$%s$%s", memory, rounds, b.EncodeToString(salt), b.EncodeToString(argon2.IDKey([]byte(password), salt, rounds, memory, 1, 32)))
}

func TestPasswordsAreHashedAsOWASPSays(t *testing.T) {
	h, err := access.Hash(t.Context(), secret)
	require.NoError(t, err)
	require.Regexp(t, `^\$argon2id\$v=19\$m=19456,t=2,p=1\$`, h)
	again, err := access.Hash(t.Context(), secret)
	require.NoError(t, err)
	require.NotEqual(t, h, again, "each has a salt of its own")
	for password, want := range map[string]bool{secret: true, secret + " ": false, "": false, strings.Repeat("x", 10_000): false} {
		ok, weak, err := access.Verify(t.Context(), h, password)
		require.NoError(t, err)
		require.Equal(t, want, ok, "%.30q", password)
		require.False(t, weak)
	}
	ok, weak, err := access.Verify(t.Context(), phc(secret, 8<<10, 1), secret)
	require.NoError(t, err)
	require.True(t, ok && weak)
}

func TestAWeakHashIsReplacedAtSignIn(t *testing.T) {
	d := desk(t)
	_, err := d.Store.AddPerson(t.Context(), store.Person{ID: "p", Login: "kari", Password: phc(secret, 8<<10, 1)})
	require.NoError(t, err)
	_, err = d.SignIn(t.Context(), "kari", "something else")
	require.ErrorIs(t, err, access.ErrWrong)
	p, err := d.Store.Person(t.Context(), "p")
	require.NoError(t, err)
	require.Contains(t, p.Password, "m=8192")
	_, err = d.SignIn(t.Context(), "Kari", secret)
	require.NoError(t, err)
	p, err = d.Store.Person(t.Context(), "p")
	require.NoError(t, err)
	require.Contains(t, p.Password, "m=19456,t=2")
	_, err = d.SignIn(t.Context(), "kari", secret)
	require.NoError(t, err)
}

func TestNobodySignsInWithoutAPassword(t *testing.T) {
	d := desk(t)
	_, err := d.Store.AddPerson(t.Context(), store.Person{ID: "p", Login: "invited"})
	require.NoError(t, err)
	for _, login := range []string{"invited", "unknown", ""} {
		for _, password := range []string{"", secret, "\x00"} {
			_, err := d.SignIn(t.Context(), login, password)
			require.ErrorIs(t, err, access.ErrWrong, "%q %q", login, password)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	agents := access.Needs{Role: access.Agent, Scope: access.ScopeSuggestions}
	editors := access.Needs{Role: access.Editor, Scope: access.ScopeDocuments}
	admins := access.Needs{Role: access.Admin}
	person := func(role string) access.Who {
		return access.Who{Kind: access.KindPerson, Roles: map[string]string{"a": role}}
	}
	key := func(place string, scopes ...string) access.Who {
		return access.Who{Kind: access.KindKey, Place: place, Scopes: scopes}
	}
	for _, tt := range []struct {
		name string
		who  access.Who
		want [3]bool // agents, editors, admins in a
		b    bool    // agents in b
	}{
		{"nobody", access.Who{}, [3]bool{}, false},
		{"an agent", person(access.Agent), [3]bool{true, false, false}, false},
		{"an editor", person(access.Editor), [3]bool{true, true, false}, false},
		{"a reviewer", person(access.Reviewer), [3]bool{true, false, false}, false},
		{"an admin", person(access.Admin), [3]bool{true, true, true}, false},
		{"a role of a later version", person("auditor"), [3]bool{}, false},
		{"a key of a scope", key("a", access.ScopeDocuments), [3]bool{false, true, false}, false},
		{"a key with admin", key("a", access.ScopeAdmin), [3]bool{true, true, true}, false},
		{"a key of everywhere", key("*", access.ScopeSuggestions), [3]bool{true, false, false}, true},
		{"the token", access.Who{Kind: access.KindToken}, [3]bool{true, true, true}, true},
		{"an agent of a desk has a pass instead", access.Who{Kind: access.KindDesk}, [3]bool{}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, [3]bool{tt.who.May(agents, "a"), tt.who.May(editors, "a"), tt.who.May(admins, "a")})
			require.Equal(t, tt.b, tt.who.May(agents, "b"))
		})
	}
}

func TestAPersonHoldsARoleInEachOfSeveralWorkspaces(t *testing.T) {
	d, ctx := desk(t), t.Context()
	root := access.Who{Kind: access.KindCommand, Name: "root"}
	_, link, err := d.Add(ctx, root, access.NewPerson{Login: "kari", Workspace: "a", Role: access.Admin})
	require.NoError(t, err)
	require.NotEmpty(t, link)
	p, link, err := d.Add(ctx, root, access.NewPerson{Login: "KARI", Workspace: "b", Role: access.Reviewer})
	require.NoError(t, err)
	require.Empty(t, link, "whoever may add people here gets no link to an account that is there")
	_, _, err = d.Add(ctx, root, access.NewPerson{Login: "kari", Workspace: "b", Role: access.Admin})
	require.ErrorContains(t, err, "has an account already, with the role reviewer here")
	p, err = d.Store.Person(ctx, p.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"a": access.Admin, "b": access.Reviewer}, p.Roles)
	who, ok := access.Personal(p)
	require.True(t, ok)
	require.True(t, who.May(access.Needs{Role: access.Admin}, "a"))
	require.False(t, who.May(access.Needs{Role: access.Admin}, "b"))
	require.True(t, who.May(access.Needs{Role: access.Reviewer}, "b"))
	require.NoError(t, d.Role(ctx, root, "kari", "a", "none"))
	p, err = d.Store.Person(ctx, p.ID)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": access.Reviewer}, p.Roles)
}

func TestThrottle(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var x access.Throttle
	var waits []time.Duration
	for range 12 {
		w := x.Try(t.Context(), "kari", "203.0.113.1", now)
		waits = append(waits, w)
		now = now.Add(w)
		if w > 0 {
			require.Zero(t, x.Try(t.Context(), "kari", "203.0.113.1", now))
		}
	}
	require.Equal(t, []time.Duration{0, 0, 0, 0, 0, 1e9, 2e9, 4e9, 8e9, 16e9, 32e9, 64e9}, waits)
	require.Zero(t, x.Try(t.Context(), "kari", "203.0.113.2", now), "another address")
	require.Zero(t, x.Try(t.Context(), "ola", "203.0.113.1", now), "another account")
	x.Good(t.Context(), "kari", "203.0.113.1")
	require.Zero(t, x.Try(t.Context(), "kari", "203.0.113.1", now))

	var spread access.Throttle // one account from everywhere: slower, but never kept out for long
	for i := range 1000 {
		w := spread.Try(t.Context(), "kari", fmt.Sprint("10.0.0.", i), now)
		require.LessOrEqual(t, w, 30*time.Second)
		now = now.Add(w)
	}
	require.Positive(t, spread.Try(t.Context(), "kari", "10.9.9.9", now)+spread.Try(t.Context(), "kari", "10.9.9.8", now))
	var spray access.Throttle // all accounts from one address
	kept := 0
	for i := range 100 {
		if spray.Try(t.Context(), fmt.Sprint("login", i), "203.0.113.1", now) > 0 {
			kept++
		}
	}
	require.Equal(t, 50, kept)
	require.Zero(t, spray.Try(t.Context(), "kari", "", now), "where the address is unknown, nobody pays for others")
}

func FuzzVerify(f *testing.F) {
	good := phc(secret, 8, 1)
	for _, s := range []string{good, "", "$", good + "$", "$argon2id$v=19$m=4294967295,t=4294967295,p=255$AAAAAAAAAAAAAAAAAAAAAA$AAAA", strings.Replace(good, "argon2id", "argon2i", 1)} {
		f.Add(s, secret)
	}
	f.Fuzz(func(t *testing.T, phc, password string) {
		if strings.Contains(phc, "m=") && !strings.Contains(phc, "m=8,t=1,") {
			t.Skip() // slow, not wrong
		}
		ok, _, err := access.Verify(t.Context(), phc, password)
		if err == nil && ok && password == "" {
			t.Fatal("an empty password opens an account")
		}
	})
}
