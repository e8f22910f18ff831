// Package access knows who may do what: accounts and their passwords, roles
// in workspaces, keys for machines, and the log of who did what.
//
// It knows neither pages nor commands; both use a [Desk] and so do the same.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"

	"github.com/sufflor/sufflor/store"
)

// LinkLife is how long a link to set a password is good.
const LinkLife = time.Hour

// RefusalError is a wish that cannot be fulfilled, in words for who had it.
type RefusalError struct{ text string }

func (r *RefusalError) Error() string { return r.text }

// ErrWrong means that login and password do not belong together, or that the
// account is closed: which, nobody learns.
var ErrWrong = errors.New("login or password is wrong")

// Records is what a desk needs of the store.
type Records interface {
	AddPerson(ctx context.Context, p store.Person) (store.Person, error)
	AddFirst(ctx context.Context, link string, p store.Person) (store.Person, error)
	ResetPassword(ctx context.Context, link, password string) (store.Person, error)
	SetPassword(ctx context.Context, id, password string) error
	Rehash(ctx context.Context, id, old, stronger string) error
	SetRole(ctx context.Context, id, workspace, role string) error
	DisablePerson(ctx context.Context, id string, disabled bool) error
	Person(ctx context.Context, id string) (store.Person, error)
	PersonByLogin(ctx context.Context, login string) (store.Person, error)
	PersonByIdentity(ctx context.Context, issuer, subject string) (store.Person, error)
	LinkIdentity(ctx context.Context, person string, id store.Identity) error
	AddIdentified(ctx context.Context, p store.Person, id store.Identity) (store.Person, error)
	UnlinkIdentities(ctx context.Context, person string) error
	People(ctx context.Context) ([]store.Person, error)
	HasPeople(ctx context.Context) (bool, error)
	StartSession(ctx context.Context, one store.Session) error
	Session(ctx context.Context, id string) (store.Session, error)
	EndSession(ctx context.Context, id string) error
	AddLink(ctx context.Context, hash, person string, expires time.Time) error
	Link(ctx context.Context, hash string) (person string, err error)
	AddKey(ctx context.Context, k store.Key) (store.Key, error)
	Keys(ctx context.Context) ([]store.Key, error)
	KeyByHash(ctx context.Context, hash string) (store.Key, error)
	TouchKey(ctx context.Context, id string) error
	RevokeKey(ctx context.Context, id string) (store.Key, error)
	AddAct(ctx context.Context, a store.Act) error
	Acts(ctx context.Context, f store.ActFilter) ([]store.Act, error)
}

// Desk is where people and keys are looked after. Every change is written to
// the audit log in the name of who made it. It is safe for concurrent use.
type Desk struct {
	Store      Records
	Workspaces []string // ids
	Now        func() time.Time
}

// Digest is a secret that is random and long as it is kept: a hash needs no
// salt then.
func Digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// Log adds a line to the audit log.
func (d Desk) Log(ctx context.Context, w Who, workspace, action, object, detail string) error {
	return d.Store.AddAct(context.WithoutCancel(ctx), store.Act{
		Workspace: workspace, Kind: w.Kind, Actor: short(w.Name), Action: action, Object: short(object), Detail: short(detail),
	})
}

// short bounds what comes from outside, and keeps the log to single lines.
func short(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "")
	}
	return s
}

func quoted(s string) string { return strconv.Quote(short(s)) }

// workspace is the one asked for, or the only one.
func (d Desk) workspace(id string) (string, error) {
	if id == "" && len(d.Workspaces) == 1 {
		return d.Workspaces[0], nil
	}
	if !slices.Contains(d.Workspaces, id) {
		return "", &RefusalError{"workspace: " + quoted(id) + " is not configured; use one of: " + strings.Join(d.Workspaces, ", ")}
	}
	return id, nil
}

// NewPerson is what is asked for with a new account.
type NewPerson struct {
	Login     string `json:"login"` // a mail address or a name
	Name      string `json:"name,omitempty"`
	Workspace string `json:"workspace,omitempty"` // empty: the only one
	Role      string `json:"role"`
}

func (n NewPerson) check() error {
	if n.Login = strings.TrimSpace(n.Login); n.Login == "" || len(n.Login) > 200 || !utf8.ValidString(n.Login) || strings.ContainsFunc(n.Login, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}) {
		return &RefusalError{"login: a mail address or a name without spaces is required, at most 200 bytes"}
	}
	if len(n.Name) > 200 || !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, unicode.IsControl) {
		return &RefusalError{"name: one line of at most 200 bytes"}
	}
	return nil
}

// Add makes an account without a password, and the secret of the link by
// which its person sets one. Who has an account gets the role, and no link.
func (d Desk) Add(ctx context.Context, w Who, n NewPerson) (store.Person, string, error) {
	ws, err := d.workspace(n.Workspace)
	if err := errors.Join(err, n.check(), checkRole(n.Role)); err != nil {
		return store.Person{}, "", err
	}
	p, err := d.Store.AddPerson(ctx, store.Person{ID: ulid.Make().String(), Login: n.Login, Name: n.Name, Roles: map[string]string{ws: n.Role}})
	if errors.Is(err, store.ErrTaken) {
		p, err = d.also(ctx, w, n.Login, ws, n.Role)
		return p, "", err
	}
	if err != nil {
		return p, "", err
	}
	if err := d.Log(ctx, w, ws, "person.added", p.Login, n.Role); err != nil {
		return p, "", err
	}
	link, err := d.link(ctx, p.ID)
	return p, link, err
}

// also gives somebody who has an account a role in a further workspace.
func (d Desk) also(ctx context.Context, w Who, login, workspace, role string) (store.Person, error) {
	p, err := d.find(ctx, login)
	if err != nil {
		return p, err
	}
	if have := p.Roles[workspace]; have != "" {
		return p, &RefusalError{"login: " + quoted(login) + " has an account already, with the role " + have + " here; change the role instead"}
	}
	return p, d.Role(ctx, w, login, workspace, role)
}

func (d Desk) link(ctx context.Context, person string) (string, error) {
	secret := rand.Text()
	return secret, d.Store.AddLink(ctx, Digest(secret), person, d.Now().Add(LinkLife))
}

// find is a person by login, with words for who asked.
func (d Desk) find(ctx context.Context, login string) (store.Person, error) {
	p, err := d.Store.PersonByLogin(ctx, login)
	if errors.Is(err, store.ErrNotFound) {
		return p, &RefusalError{"login: nobody is called " + quoted(login)}
	}
	return p, err
}

// Role gives a person a role in a workspace; "none" takes it away.
func (d Desk) Role(ctx context.Context, w Who, login, workspace, role string) error {
	ws, err := d.workspace(workspace)
	if err != nil {
		return err
	}
	given := role
	if role == "none" {
		given = ""
	} else if err := checkRole(role); err != nil {
		return err
	}
	p, err := d.find(ctx, login)
	if err != nil {
		return err
	}
	if w.Kind == KindPerson && w.ID == p.ID && role != Admin {
		return &RefusalError{"role: nobody takes the admin role from themselves; let another admin do it"}
	}
	if err := d.Store.SetRole(ctx, p.ID, ws, given); err != nil {
		return err
	}
	return d.Log(ctx, w, ws, "person.role", p.Login, role)
}

// Disable keeps somebody out, everywhere and at once, or lets in again.
func (d Desk) Disable(ctx context.Context, w Who, login string, disabled bool) error {
	p, err := d.find(ctx, login)
	if err != nil {
		return err
	}
	if w.Kind == KindPerson && w.ID == p.ID {
		return &RefusalError{"login: nobody disables themselves; let another admin do it"}
	}
	if err := d.Store.DisablePerson(ctx, p.ID, disabled); err != nil {
		return err
	}
	action := "person.disabled"
	if !disabled {
		action = "person.enabled"
	}
	return d.Log(ctx, w, "", action, p.Login, "")
}

// Reset makes a link by which a person sets a new password. Until then the
// old one is good.
func (d Desk) Reset(ctx context.Context, w Who, login string) (link string, err error) {
	p, err := d.find(ctx, login)
	if err != nil {
		return "", err
	}
	if p.Disabled {
		return "", &RefusalError{"login: " + quoted(login) + " is disabled; enable the account first"}
	}
	if link, err = d.link(ctx, p.ID); err != nil {
		return "", err
	}
	return link, d.Log(ctx, w, "", "person.reset", p.Login, "")
}

// SetUp makes the link to the first account, or "" when there are accounts.
func (d Desk) SetUp(ctx context.Context) (link string, err error) {
	if some, err := d.Store.HasPeople(ctx); err != nil || some {
		return "", err
	}
	return d.link(ctx, "")
}

// First makes the first account, an admin of every workspace.
func (d Desk) First(ctx context.Context, link, login, name, password string) (store.Person, error) {
	n := NewPerson{Login: login, Name: name}
	if err := errors.Join(n.check(), CheckPassword(password, login)); err != nil {
		return store.Person{}, err
	}
	if _, err := d.Store.Link(ctx, Digest(link)); err != nil { // before the work
		return store.Person{}, err
	}
	hash, err := Hash(ctx, password)
	if err != nil {
		return store.Person{}, err
	}
	p := store.Person{ID: ulid.Make().String(), Login: login, Name: name, Password: hash, Roles: map[string]string{}}
	for _, ws := range d.Workspaces {
		p.Roles[ws] = Admin
	}
	if p, err = d.Store.AddFirst(ctx, Digest(link), p); err != nil {
		return p, err
	}
	return p, d.Log(ctx, personal(p), "", "person.first", p.Login, Admin)
}

// ByLink sets the password of the person whom a link was made for.
func (d Desk) ByLink(ctx context.Context, link, password string) (store.Person, error) {
	id, err := d.Store.Link(ctx, Digest(link))
	if err != nil {
		return store.Person{}, err
	}
	p, err := d.Store.Person(ctx, id)
	if err != nil {
		return p, err
	}
	if err := CheckPassword(password, p.Login); err != nil {
		return p, err
	}
	hash, err := Hash(ctx, password)
	if err != nil {
		return p, err
	}
	if p, err = d.Store.ResetPassword(ctx, Digest(link), hash); err != nil {
		return p, err
	}
	return p, d.Log(ctx, personal(p), "", "person.password", p.Login, "by link")
}

// Change sets a person's password to another, and ends all their sessions.
func (d Desk) Change(ctx context.Context, w Who, old, password string) error {
	p, err := d.Store.Person(ctx, w.ID)
	if err != nil {
		return err
	}
	if ok, _, err := Verify(ctx, p.Password, old); err != nil || !ok {
		return errors.Join(err, ErrWrong)
	}
	if err := CheckPassword(password, p.Login); err != nil {
		return err
	}
	hash, err := Hash(ctx, password)
	if err != nil {
		return err
	}
	if err := d.Store.SetPassword(ctx, p.ID, hash); err != nil {
		return err
	}
	return d.Log(ctx, w, "", "person.password", p.Login, "")
}

// nobodys is the hash that is checked for accounts that do not exist, made
// with our parameters of a password that nobody has.
const nobodys = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// SignIn finds the person with that login and password. It takes as long for
// a login that nobody has. [ErrWrong] when they do not belong together.
func (d Desk) SignIn(ctx context.Context, login, password string) (store.Person, error) {
	p, err := d.Store.PersonByLogin(ctx, login)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return p, err
	}
	hash := p.Password
	if err != nil || p.Disabled || hash == "" {
		hash = nobodys
	}
	ok, weak, err := Verify(ctx, hash, password)
	if err != nil {
		return p, fmt.Errorf("verify the password of %q: %w", p.Login, err)
	}
	if !ok || hash == nobodys {
		return store.Person{}, ErrWrong
	}
	if weak {
		stronger, err := Hash(ctx, password)
		if err == nil {
			err = d.Store.Rehash(ctx, p.ID, hash, stronger)
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// personal is a person as who acts.
func personal(p store.Person) Who {
	return Who{Kind: KindPerson, ID: p.ID, Name: p.Login, Roles: p.Roles, Language: p.Language}
}

// Personal is a person as who acts; none who is disabled does.
func Personal(p store.Person) (Who, bool) { return personal(p), !p.Disabled }

// NewKey is what is asked for with a new key.
type NewKey struct {
	Name      string   `json:"name"`
	Workspace string   `json:"workspace,omitempty"` // "*": every one; empty: the only one
	Scopes    []string `json:"scopes"`
}

// keyPrefix lets people and scanners of secrets see what it is.
const keyPrefix = "sfk_"

// AddKey makes a key. Its secret is returned once and kept nowhere.
func (d Desk) AddKey(ctx context.Context, w Who, n NewKey) (k store.Key, secret string, err error) {
	n.Name = strings.TrimSpace(n.Name)
	if n.Name == "" || len(n.Name) > 100 || !utf8.ValidString(n.Name) || strings.ContainsFunc(n.Name, unicode.IsControl) {
		return k, "", &RefusalError{"name: required, one line of at most 100 bytes; say what uses the key"}
	}
	if n.Workspace != Everywhere {
		if n.Workspace, err = d.workspace(n.Workspace); err != nil {
			return k, "", err
		}
	}
	slices.Sort(n.Scopes)
	n.Scopes = slices.Compact(n.Scopes)
	for _, s := range n.Scopes {
		if !slices.Contains(Scopes(), s) {
			return k, "", &RefusalError{"scopes: " + quoted(s) + " is none; use some of: " + strings.Join(Scopes(), ", ")}
		}
	}
	if len(n.Scopes) == 0 {
		return k, "", &RefusalError{"scopes: required; use some of: " + strings.Join(Scopes(), ", ")}
	}
	secret = keyPrefix + rand.Text()
	k, err = d.Store.AddKey(ctx, store.Key{ID: ulid.Make().String(), Hash: Digest(secret), Name: n.Name, Workspace: n.Workspace, Scopes: n.Scopes, Author: w.Name})
	if err != nil {
		return k, "", err
	}
	return k, secret, d.Log(ctx, w, place(k), "key.added", k.ID, k.Name+": "+strings.Join(k.Scopes, " "))
}

// place is the workspace of a key in the audit log.
func place(k store.Key) string {
	if k.Workspace == Everywhere {
		return ""
	}
	return k.Workspace
}

// RevokeKey ends a key at once and for good.
func (d Desk) RevokeKey(ctx context.Context, w Who, id string) error {
	k, err := d.Store.RevokeKey(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return &RefusalError{"key: " + quoted(id) + " is none; sufflor keys list shows them"}
	}
	if err != nil {
		return err
	}
	return d.Log(ctx, w, place(k), "key.revoked", k.ID, k.Name)
}

// Key is who calls with a secret, if that is a key in use.
func (d Desk) Key(ctx context.Context, secret string) (Who, error) {
	if !strings.HasPrefix(secret, keyPrefix) || len(secret) > 100 {
		return Who{}, store.ErrNotFound
	}
	k, err := d.Store.KeyByHash(ctx, Digest(secret))
	if err != nil {
		return Who{}, err
	}
	if now := d.Now(); now.Sub(k.Used) >= time.Minute {
		if err := d.Store.TouchKey(ctx, k.ID); err != nil {
			return Who{}, err
		}
	}
	return Who{Kind: KindKey, ID: k.ID, Name: k.Name, Place: k.Workspace, Scopes: k.Scopes}, nil
}
