package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/sufflor/sufflor/store"
)

// Admission says whom of a provider's people we let in, and as what.
type Admission struct {
	Domains []string // of mail addresses that the provider has verified; empty: any, and none
	Groups  []string // one of which is required; empty: none is
	// Roles are given by groups. In the workspaces they name, what the
	// provider says at each sign-on holds; in others what /people says.
	Roles []Grant
	// Create makes accounts of people who have none.
	Create bool
	// LinkByEmail links a provider's person to the account whose login is
	// the verified address, at the first sign-on.
	LinkByEmail bool
}

// Grant is a role for a group. Of several for a workspace the first holds.
type Grant struct {
	Group     string
	Workspace string
	Role      string
}

// NotAdmittedError is why somebody whom the provider vouches for is kept out.
// Its text is for administrators; Code names a text for the person.
type NotAdmittedError struct {
	Code string // closed, domain, group, unknown, email, taken or first
	text string
}

func (e *NotAdmittedError) Error() string { return e.text }

func notAdmitted(code, text string) error { return &NotAdmittedError{code, text} }

// SignOn finds the account of whom a provider vouches for: by issuer and
// subject, which never change. Only who has none yet may be linked to an
// account by a verified address, or be made one, as a says.
func (d Desk) SignOn(ctx context.Context, a Admission, v Vouched) (store.Person, error) {
	if err := a.check(v); err != nil {
		return store.Person{}, err
	}
	p, err := d.Store.PersonByIdentity(ctx, v.Issuer, v.Subject)
	if errors.Is(err, store.ErrNotFound) {
		p, err = d.meet(ctx, a, v)
	}
	if err != nil {
		return p, err
	}
	if p.Disabled {
		return store.Person{}, notAdmitted("closed", "the account "+quoted(p.Login)+" is disabled")
	}
	return d.granted(ctx, a, v, p)
}

// check says whether v belongs to those who are let in at all, each time.
func (a Admission) check(v Vouched) error {
	_, domain, _ := strings.Cut(v.Email, "@")
	if len(a.Domains) > 0 && !slices.ContainsFunc(a.Domains, func(d string) bool { return strings.EqualFold(d, domain) }) {
		if v.Email == "" {
			return notAdmitted("email", "the provider vouches for no mail address (email and email_verified), which oidc.domains needs")
		}
		return notAdmitted("domain", "the address lies in none of oidc.domains")
	}
	if len(a.Groups) > 0 && !slices.ContainsFunc(a.Groups, func(g string) bool { return slices.Contains(v.Groups, g) }) {
		return notAdmitted("group", "in none of oidc.groups")
	}
	return nil
}

// meet links or makes the account of somebody who comes for the first time.
func (d Desk) meet(ctx context.Context, a Admission, v Vouched) (store.Person, error) {
	identity := store.Identity{Issuer: v.Issuer, Subject: v.Subject}
	if !a.Create && !a.LinkByEmail {
		return store.Person{}, notAdmitted("unknown", "subject "+quoted(v.Subject)+" is linked to no account; sufflor people link LOGIN "+quoted(v.Subject)+" does that")
	}
	login := strings.ToLower(v.Email)
	if (NewPerson{Login: login}).check() != nil || strings.Count(login, "@") != 1 {
		return store.Person{}, notAdmitted("email", "the provider vouches for no mail address (email and email_verified); sufflor people link LOGIN "+quoted(v.Subject)+" links it to an account")
	}
	p, err := d.Store.PersonByLogin(ctx, login)
	switch {
	case err == nil && a.LinkByEmail:
		err := d.Store.LinkIdentity(ctx, p.ID, identity)
		if errors.Is(err, store.ErrTaken) { // an address that was given to somebody else
			return store.Person{}, notAdmitted("taken", "the account "+quoted(login)+" is linked to another subject of the provider; sufflor people unlink "+login+" frees it")
		}
		if err != nil {
			return p, err
		}
		return p, d.Log(ctx, personal(p), "", "person.linked", p.Login, "by address: "+v.Issuer+" "+v.Subject)
	case err == nil:
		return store.Person{}, notAdmitted("taken", "there is an account "+quoted(login)+", and oidc.link_by_email is off; sufflor people link "+login+" "+quoted(v.Subject)+" links them")
	case !errors.Is(err, store.ErrNotFound):
		return p, err
	case !a.Create:
		return store.Person{}, notAdmitted("unknown", "nobody has the login "+quoted(login)+", and oidc.create is off")
	}
	// The first account is made by a link, and is an admin: one without a role
	// would close that way and open nothing.
	if some, err := d.Store.HasPeople(ctx); err != nil || !some {
		return p, errors.Join(err, notAdmitted("first", "there is no account yet; make the first by the link that sufflor serve prints"))
	}
	p, err = d.Store.AddIdentified(ctx, store.Person{ID: ulid.Make().String(), Login: login, Name: line(v.Name), Roles: map[string]string{}}, identity)
	if err != nil {
		return p, err
	}
	return p, d.Log(ctx, personal(p), "", "person.added", p.Login, "by sign-on: "+v.Issuer+" "+v.Subject)
}

// line is a name of a person, in one line and within bounds.
func line(s string) string {
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	for len(s) > 200 {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// granted gives p the roles that the provider's groups stand for, and takes
// those that they no longer do.
func (d Desk) granted(ctx context.Context, a Admission, v Vouched, p store.Person) (store.Person, error) {
	want := map[string]string{}
	for _, g := range a.Roles {
		if have, ok := want[g.Workspace]; ok && have != "" {
			continue
		}
		want[g.Workspace] = ""
		if slices.Contains(v.Groups, g.Group) {
			want[g.Workspace] = g.Role
		}
	}
	changed := false
	for _, ws := range d.Workspaces {
		role, managed := want[ws]
		if !managed || p.Roles[ws] == role {
			continue
		}
		if err := d.Store.SetRole(ctx, p.ID, ws, role); err != nil {
			return p, err
		}
		changed = true
		said := role
		if said == "" {
			said = "none"
		}
		if err := d.Log(ctx, Who{Kind: KindProvider, Name: v.Issuer}, ws, "person.role", p.Login, said); err != nil {
			return p, err
		}
	}
	if !changed {
		return p, nil
	}
	return d.Store.Person(ctx, p.ID)
}

// Link links a subject of a provider to an account.
func (d Desk) Link(ctx context.Context, w Who, login, issuer, subject string) error {
	if subject == "" || len(subject) > 255 || !utf8.ValidString(subject) || strings.ContainsFunc(subject, unicode.IsControl) {
		return &RefusalError{"subject: required, at most 255 bytes; the log names it when somebody is kept out"}
	}
	p, err := d.find(ctx, login)
	if err != nil {
		return err
	}
	err = d.Store.LinkIdentity(ctx, p.ID, store.Identity{Issuer: issuer, Subject: subject})
	if errors.Is(err, store.ErrTaken) {
		return &RefusalError{"subject: linked already, or the account is linked to another; unlink it first"}
	}
	if err != nil {
		return err
	}
	return d.Log(ctx, w, "", "person.linked", p.Login, issuer+" "+subject)
}

// Unlink frees an account of what it is linked to, and ends its sessions.
func (d Desk) Unlink(ctx context.Context, w Who, login string) error {
	p, err := d.find(ctx, login)
	if err != nil {
		return err
	}
	err = d.Store.UnlinkIdentities(ctx, p.ID)
	if errors.Is(err, store.ErrNotFound) {
		return &RefusalError{"login: " + quoted(login) + " is linked to nothing"}
	}
	if err != nil {
		return fmt.Errorf("unlink %q: %w", login, err)
	}
	return d.Log(ctx, w, "", "person.unlinked", p.Login, "")
}
