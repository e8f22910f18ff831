package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/store"
)

func kari() store.Person {
	return store.Person{ID: "p1", Login: "Kari@Example.com ", Name: "Kari", Password: "hash", Roles: map[string]string{ws: "agent"}}
}

var accessTests = []test{
	{"a person comes back as added, and by login in any case", func(x fixture) {
		t, s := x.t, x.s
		some, err := s.HasPeople(t.Context())
		require.NoError(t, err)
		require.False(t, some)
		want, err := s.AddPerson(t.Context(), kari())
		require.NoError(t, err)
		require.Equal(t, "kari@example.com", want.Login)
		require.Equal(t, start.UTC(), want.Created)
		got, err := s.PersonByLogin(t.Context(), "KARI@example.com")
		require.NoError(t, err)
		require.Equal(t, want, got)
		_, err = s.AddPerson(t.Context(), store.Person{ID: "p2", Login: "kari@EXAMPLE.com"})
		require.ErrorIs(t, err, store.ErrTaken)
		_, err = s.AddPerson(t.Context(), store.Person{ID: "p2"})
		require.ErrorIs(t, err, store.ErrInvalid)
		_, err = s.Person(t.Context(), "p2")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.NoError(t, s.SetRole(t.Context(), "p1", "other", "admin"))
		require.NoError(t, s.SetRole(t.Context(), "p1", ws, ""))
		require.ErrorIs(t, s.SetRole(t.Context(), "p2", ws, "admin"), store.ErrNotFound)
		all, err := s.People(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.Equal(t, map[string]string{"other": "admin"}, all[0].Roles)
	}},
	{"another password and disabling end sessions and links, a rehash does not", func(x fixture) {
		t, s := x.t, x.s
		_, err := s.AddPerson(t.Context(), kari())
		require.NoError(t, err)
		begin := func() {
			require.NoError(t, s.StartSession(t.Context(), store.Session{ID: "s1", Person: "p1", Expires: start.Add(time.Hour)}))
			require.NoError(t, s.AddLink(t.Context(), "l1", "p1", start.Add(time.Hour)))
		}
		gone := func() {
			_, err := s.Session(t.Context(), "s1")
			require.ErrorIs(t, err, store.ErrNotFound)
			_, err = s.Link(t.Context(), "l1")
			require.ErrorIs(t, err, store.ErrNotFound)
		}
		begin()
		require.NoError(t, s.Rehash(t.Context(), "p1", "not this", "x"))
		require.NoError(t, s.Rehash(t.Context(), "p1", "hash", "stronger"))
		p, err := s.Person(t.Context(), "p1")
		require.NoError(t, err)
		require.Equal(t, "stronger", p.Password)
		require.Equal(t, start.UTC(), p.Seen)
		one, err := s.Session(t.Context(), "s1")
		require.NoError(t, err)
		require.Equal(t, store.Session{ID: "s1", Person: "p1", Created: start.UTC(), Expires: start.Add(time.Hour).UTC()}, one)
		require.NoError(t, s.SetPassword(t.Context(), "p1", "new"))
		gone()
		begin()
		require.NoError(t, s.DisablePerson(t.Context(), "p1", true))
		gone()
		require.ErrorIs(t, s.StartSession(t.Context(), store.Session{ID: "s1", Person: "p1", Expires: start.Add(time.Hour)}), store.ErrNotFound, "who is disabled starts none")
		require.NoError(t, s.DisablePerson(t.Context(), "p1", false))
		begin()
		require.NoError(t, s.EndSession(t.Context(), "s1"))
		require.NoError(t, s.EndSession(t.Context(), "s1"))
		require.ErrorIs(t, s.SetPassword(t.Context(), "p9", "x"), store.ErrNotFound)
		require.ErrorIs(t, s.DisablePerson(t.Context(), "p9", true), store.ErrNotFound)
	}},
	{"a link is good once, for its time, and for one thing", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		require.NoError(t, s.AddLink(t.Context(), "first", "", start.Add(time.Hour)))
		_, err := s.ResetPassword(t.Context(), "first", "x")
		require.ErrorIs(t, err, store.ErrNotFound)
		var wg sync.WaitGroup
		var mu sync.Mutex
		made := 0
		for i := range 8 {
			wg.Go(func() {
				p := store.Person{ID: fmt.Sprint(i), Login: fmt.Sprint("login", i)}
				if _, err := s.AddFirst(t.Context(), "first", p); err == nil {
					mu.Lock()
					defer mu.Unlock()
					made++
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, made, "however many press at once")
		require.NoError(t, s.AddLink(t.Context(), "second", "", start.Add(time.Hour)))
		_, err = s.AddFirst(t.Context(), "second", kari())
		require.ErrorIs(t, err, store.ErrNotFound, "there is an account")

		_, err = s.AddPerson(t.Context(), kari())
		require.NoError(t, err)
		require.ErrorIs(t, s.AddLink(t.Context(), "r", "p9", start.Add(time.Hour)), store.ErrNotFound)
		require.NoError(t, s.AddLink(t.Context(), "r1", "p1", start.Add(time.Hour)))
		require.NoError(t, s.AddLink(t.Context(), "r2", "p1", start.Add(time.Hour)))
		_, err = s.ResetPassword(t.Context(), "r1", "new")
		require.ErrorIs(t, err, store.ErrNotFound, "a later link replaces it")
		p, err := s.ResetPassword(t.Context(), "r2", "new")
		require.NoError(t, err)
		require.Equal(t, "new", p.Password)
		_, err = s.ResetPassword(t.Context(), "r2", "newer")
		require.ErrorIs(t, err, store.ErrNotFound)
		require.NoError(t, s.AddLink(t.Context(), "r3", "p1", start.Add(time.Hour)))
		clock.Advance(time.Hour)
		_, err = s.ResetPassword(t.Context(), "r3", "late")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.Link(t.Context(), "r3")
		require.ErrorIs(t, err, store.ErrNotFound)
	}},
	{"a key is found by its hash until it is revoked", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		k, err := s.AddKey(t.Context(), store.Key{ID: "k1", Hash: "h1", Name: "crm", Workspace: ws, Scopes: []string{"ask", "review"}, Author: "kari"})
		require.NoError(t, err)
		got, err := s.KeyByHash(t.Context(), "h1")
		require.NoError(t, err)
		require.Equal(t, k, got)
		clock.Advance(90 * time.Second)
		require.NoError(t, s.TouchKey(t.Context(), "k1"))
		got, err = s.KeyByHash(t.Context(), "h1")
		require.NoError(t, err)
		require.Equal(t, clock.Now().UTC().Truncate(time.Minute), got.Used)
		_, err = s.RevokeKey(t.Context(), "k1")
		require.NoError(t, err)
		first := clock.Now().UTC()
		clock.Advance(time.Hour)
		got, err = s.RevokeKey(t.Context(), "k1")
		require.NoError(t, err)
		require.Equal(t, first, got.Revoked)
		_, err = s.KeyByHash(t.Context(), "h1")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.RevokeKey(t.Context(), "k9")
		require.ErrorIs(t, err, store.ErrNotFound)
		_, err = s.AddKey(t.Context(), store.Key{ID: "k2", Hash: "h2", Workspace: ws})
		require.ErrorIs(t, err, store.ErrInvalid)
		all, err := s.Keys(t.Context())
		require.NoError(t, err)
		require.Len(t, all, 1)
	}},
	{"the audit log is read by who, what and when", func(x fixture) {
		t, s, clock := x.t, x.s, x.clock
		for _, a := range []store.Act{
			{Kind: "person", Actor: "kari", Action: "suggestion.seen", Object: "s1", Workspace: ws},
			{Kind: "person", Actor: "kari", Action: "suggestion.outcome", Object: "s1", Detail: "used", Workspace: ws},
			{Kind: "key", Actor: "crm", Action: "suggestions", Workspace: "other"},
			{Kind: "person", Actor: "ola", Action: "person.added", Object: "kari"},
		} {
			require.NoError(t, s.AddAct(t.Context(), a))
			clock.Advance(time.Minute)
		}
		require.ErrorIs(t, s.AddAct(t.Context(), store.Act{Kind: "person"}), store.ErrInvalid)
		for _, tt := range []struct {
			f    store.ActFilter
			want []int64
		}{
			{store.ActFilter{}, []int64{4, 3, 2, 1}},
			{store.ActFilter{Limit: 2}, []int64{4, 3}},
			{store.ActFilter{Before: 3}, []int64{2, 1}},
			{store.ActFilter{Actor: "kari"}, []int64{2, 1}},
			{store.ActFilter{Action: "suggestion."}, []int64{2, 1}},
			{store.ActFilter{Action: "suggestion"}, nil},
			{store.ActFilter{Action: "person.added"}, []int64{4}},
			{store.ActFilter{Object: "kari"}, []int64{4}},
			{store.ActFilter{Workspaces: []string{""}}, []int64{4}},
			{store.ActFilter{Workspaces: []string{ws, "other"}}, []int64{3, 2, 1}},
			{store.ActFilter{Workspaces: []string{}}, nil},
			{store.ActFilter{Since: start.Add(time.Minute), Until: start.Add(3 * time.Minute)}, []int64{3, 2}},
		} {
			list, err := s.Acts(t.Context(), tt.f)
			require.NoError(t, err)
			var got []int64
			for _, a := range list {
				got = append(got, a.Seq)
			}
			require.Equal(t, tt.want, got, "%+v", tt.f)
		}
	}},
}
