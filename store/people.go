package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// ErrTaken means that another record has the name already.
var ErrTaken = errors.New("taken")

// Person is somebody with an account. The store reads no meaning into
// Password and the roles.
type Person struct {
	ID       string // required
	Login    string // required, unique in any case; kept in lower case
	Name     string
	Password string            // a hash; empty: no password opens the account
	Roles    map[string]string // by workspace
	Disabled bool
	Created  time.Time  // set by the store
	Linked   []Identity // at sign-on providers; set by the store
	Seen     time.Time  // the last sign-in; zero: never
	Language string     // of the person's pages; empty: the workspace's
}

type personRow struct {
	bun.BaseModel `bun:"table:people,alias:p"`

	ID       string `bun:",pk"`
	Login    string
	Name     string
	Password string
	Disabled bool
	Created  int64
	Seen     int64
	Language string
}

type roleRow struct {
	bun.BaseModel `bun:"table:people_roles,alias:r"`

	Person    string `bun:",pk"`
	Workspace string `bun:",pk"`
	Role      string
}

// Session is a browser that has signed in.
type Session struct {
	ID      string    // a hash of what the browser holds; required
	Person  string    // empty: who had the panel's token
	Created time.Time // set by the store
	Expires time.Time // required
}

type sessionRow struct {
	bun.BaseModel `bun:"table:sessions,alias:s"`

	ID      string `bun:",pk"`
	Person  string
	Created int64
	Expires int64
}

type linkRow struct {
	bun.BaseModel `bun:"table:access_links,alias:l"`

	Hash    string `bun:",pk"`
	Person  string
	Expires int64
}

func login(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// AddPerson keeps a new person; [ErrTaken] when somebody has the login.
func (s *Store) AddPerson(ctx context.Context, p Person) (Person, error) {
	err := s.write(ctx, func(ctx context.Context, tx *tx) (err error) {
		p, err = tx.addPerson(ctx, p)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("add person %q: %w", p.Login, err)
	}
	return p, nil
}

func (t *tx) addPerson(ctx context.Context, p Person) (Person, error) {
	p.Login = login(p.Login)
	if p.ID == "" || p.Login == "" {
		return p, fmt.Errorf("an id and a login are required: %w", ErrInvalid)
	}
	taken, err := t.NewSelect().Model((*personRow)(nil)).Where("login = ?", p.Login).Exists(ctx)
	if err != nil {
		return p, err
	}
	if taken {
		return p, ErrTaken
	}
	row := personRow{ID: p.ID, Login: p.Login, Name: p.Name, Password: p.Password, Disabled: p.Disabled, Created: micros(t.at)}
	if _, err := t.NewInsert().Model(&row).Exec(ctx); err != nil {
		return p, err
	}
	for workspace, role := range p.Roles {
		if err := t.setRole(ctx, p.ID, workspace, role); err != nil {
			return p, err
		}
	}
	p.Created, p.Seen = fromMicros(row.Created), time.Time{}
	return p, nil
}

// AddFirst keeps p when the link opens the first account and there is none
// yet, and uses the link up. [ErrNotFound] otherwise.
func (s *Store) AddFirst(ctx context.Context, link string, p Person) (Person, error) {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		person, err := tx.useLink(ctx, link)
		if err != nil {
			return err
		}
		some, err := tx.NewSelect().Model((*personRow)(nil)).Exists(ctx)
		if err != nil {
			return err
		}
		if person != "" || some {
			return ErrNotFound
		}
		if p, err = tx.addPerson(ctx, p); err != nil {
			return err
		}
		_, err = tx.NewDelete().Model((*linkRow)(nil)).Where("person = ''").Exec(ctx)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("add the first person: %w", err)
	}
	return p, nil
}

// ResetPassword gives the person of a link a new password, uses the link up
// and ends the person's sessions. [ErrNotFound] when the link is not, or no
// longer, good.
func (s *Store) ResetPassword(ctx context.Context, link, password string) (p Person, err error) {
	err = s.write(ctx, func(ctx context.Context, tx *tx) error {
		person, err := tx.useLink(ctx, link)
		if err != nil {
			return err
		}
		if person == "" {
			return ErrNotFound
		}
		if err := tx.setPassword(ctx, person, password); err != nil {
			return err
		}
		p, err = onePerson(ctx, tx.Tx, "id", person)
		return err
	})
	if err != nil {
		return p, fmt.Errorf("set a password by a link: %w", err)
	}
	return p, nil
}

// SetPassword gives a person a new password and ends all sessions and links
// of before.
func (s *Store) SetPassword(ctx context.Context, id, password string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error { return tx.setPassword(ctx, id, password) })
	if err != nil {
		return fmt.Errorf("set the password of %q: %w", id, err)
	}
	return nil
}

func (t *tx) setPassword(ctx context.Context, id, password string) error {
	res, err := t.NewUpdate().Model((*personRow)(nil)).Set("password = ?", password).Where("id = ?", id).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrNotFound)
	}
	return t.endSessions(ctx, id)
}

func (t *tx) endSessions(ctx context.Context, person string) error {
	for _, model := range []any{(*sessionRow)(nil), (*linkRow)(nil)} {
		if _, err := t.NewDelete().Model(model).Where("person = ?", person).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Rehash writes the same password in a stronger way. It changes nothing when
// the password is no longer the old one, and no session ends.
func (s *Store) Rehash(ctx context.Context, id, old, stronger string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewUpdate().Model((*personRow)(nil)).Set("password = ?", stronger).Where("id = ? AND password = ?", id, old).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("rehash the password of %q: %w", id, err)
	}
	return nil
}

// SetRole gives a person a role in a workspace; an empty one takes it away.
func (s *Store) SetRole(ctx context.Context, id, workspace, role string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		if _, err := onePerson(ctx, tx.Tx, "id", id); err != nil {
			return err
		}
		return tx.setRole(ctx, id, workspace, role)
	})
	if err != nil {
		return fmt.Errorf("set the role of %q in workspace %q: %w", id, workspace, err)
	}
	return nil
}

func (t *tx) setRole(ctx context.Context, id, workspace, role string) error {
	if workspace == "" {
		return fmt.Errorf("a workspace is required: %w", ErrInvalid)
	}
	if role == "" {
		_, err := t.NewDelete().Model((*roleRow)(nil)).Where("person = ? AND workspace = ?", id, workspace).Exec(ctx)
		return err
	}
	row := roleRow{Person: id, Workspace: workspace, Role: role}
	_, err := t.NewInsert().Model(&row).On("CONFLICT (person, workspace) DO UPDATE").Set("role = excluded.role").Exec(ctx)
	return err
}

// DisablePerson keeps somebody out and ends all sessions, or lets in again.
func (s *Store) DisablePerson(ctx context.Context, id string, disabled bool) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		res, err := tx.NewUpdate().Model((*personRow)(nil)).Set("disabled = ?", disabled).Where("id = ?", id).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNotFound)
		}
		return tx.endSessions(ctx, id)
	})
	if err != nil {
		return fmt.Errorf("disable person %q: %w", id, err)
	}
	return nil
}

// Person is the one with that id.
func (s *Store) Person(ctx context.Context, id string) (Person, error) {
	p, err := onePerson(ctx, s.r, "id", id)
	if err != nil {
		return p, fmt.Errorf("person %q: %w", id, err)
	}
	return p, nil
}

// PersonByLogin is the one who signs in with that name, in any case.
func (s *Store) PersonByLogin(ctx context.Context, name string) (Person, error) {
	p, err := onePerson(ctx, s.r, "login", login(name))
	if err != nil {
		return p, fmt.Errorf("person %q: %w", name, err)
	}
	return p, nil
}

func onePerson(ctx context.Context, db bun.IDB, column, value string) (Person, error) {
	list, err := somePeople(ctx, db, func(q *bun.SelectQuery) *bun.SelectQuery { return q.Where("? = ?", bun.Ident(column), value) })
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Person{}, err
	}
	return list[0], nil
}

// People are all, by login.
func (s *Store) People(ctx context.Context) ([]Person, error) {
	list, err := somePeople(ctx, s.r, func(q *bun.SelectQuery) *bun.SelectQuery { return q })
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	return list, nil
}

func somePeople(ctx context.Context, db bun.IDB, which func(*bun.SelectQuery) *bun.SelectQuery) ([]Person, error) {
	var rows []personRow
	if err := which(db.NewSelect().Model(&rows)).Order("login").Scan(ctx); err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, nil
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	var roles []roleRow
	if err := db.NewSelect().Model(&roles).Where("person IN ?", bun.Tuple(ids)).Scan(ctx); err != nil {
		return nil, err
	}
	of := map[string]map[string]string{}
	for _, r := range roles {
		if of[r.Person] == nil {
			of[r.Person] = map[string]string{}
		}
		of[r.Person][r.Workspace] = r.Role
	}
	var identities []identityRow
	if err := db.NewSelect().Model(&identities).Where("person IN ?", bun.Tuple(ids)).Order("issuer").Scan(ctx); err != nil {
		return nil, err
	}
	linked := map[string][]Identity{}
	for _, r := range identities {
		linked[r.Person] = append(linked[r.Person], Identity{Issuer: r.Issuer, Subject: r.Subject, Linked: fromMicros(r.Linked)})
	}
	list := make([]Person, len(rows))
	for i, r := range rows {
		list[i] = Person{
			ID: r.ID, Login: r.Login, Name: r.Name, Password: r.Password, Roles: of[r.ID], Disabled: r.Disabled, Linked: linked[r.ID],
			Created: fromMicros(r.Created), Seen: fromMicros(r.Seen), Language: r.Language,
		}
	}
	return list, nil
}

// HasPeople reports whether there is any account, also a disabled one.
func (s *Store) HasPeople(ctx context.Context) (bool, error) {
	some, err := s.r.NewSelect().Model((*personRow)(nil)).Exists(ctx)
	if err != nil {
		return false, fmt.Errorf("look for people: %w", err)
	}
	return some, nil
}

// StartSession keeps a new session, and forgets those that are over.
func (s *Store) StartSession(ctx context.Context, one Session) error {
	if one.ID == "" || one.Expires.IsZero() {
		return fmt.Errorf("start a session: an id and an end are required: %w", ErrInvalid)
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		if _, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("expires <= ?", micros(tx.at)).Exec(ctx); err != nil {
			return err
		}
		if one.Person != "" {
			p, err := onePerson(ctx, tx.Tx, "id", one.Person)
			if err != nil {
				return err
			}
			if p.Disabled {
				return ErrNotFound
			}
			if _, err := tx.NewUpdate().Model((*personRow)(nil)).Set("seen = ?", micros(tx.at)).Where("id = ?", one.Person).Exec(ctx); err != nil {
				return err
			}
		}
		row := sessionRow{ID: one.ID, Person: one.Person, Created: micros(tx.at), Expires: micros(one.Expires)}
		_, err := tx.NewInsert().Model(&row).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("start a session: %w", err)
	}
	return nil
}

// Session is the one with that id, also when its time is over.
func (s *Store) Session(ctx context.Context, id string) (Session, error) {
	var row sessionRow
	if err := s.r.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return Session{}, fmt.Errorf("session: %w", missing(err))
	}
	return Session{ID: row.ID, Person: row.Person, Created: fromMicros(row.Created), Expires: fromMicros(row.Expires)}, nil
}

// EndSession forgets a session. One that is not there is no error.
func (s *Store) EndSession(ctx context.Context, id string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		_, err := tx.NewDelete().Model((*sessionRow)(nil)).Where("id = ?", id).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// AddLink keeps a link for a person, or for the first one of all when person
// is empty. Links of before for the same are worth nothing any more.
func (s *Store) AddLink(ctx context.Context, hash, person string, expires time.Time) error {
	if hash == "" || expires.IsZero() {
		return fmt.Errorf("add a link: a hash and an end are required: %w", ErrInvalid)
	}
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		if person != "" {
			if _, err := onePerson(ctx, tx.Tx, "id", person); err != nil {
				return err
			}
		}
		_, err := tx.NewDelete().Model((*linkRow)(nil)).Where("person = ? OR expires <= ?", person, micros(tx.at)).Exec(ctx)
		if err != nil {
			return err
		}
		_, err = tx.NewInsert().Model(&linkRow{Hash: hash, Person: person, Expires: micros(expires)}).Exec(ctx)
		return err
	})
	if err != nil {
		return fmt.Errorf("add a link: %w", err)
	}
	return nil
}

// Link is whom a link is for, see [Store.AddLink], without using it up.
func (s *Store) Link(ctx context.Context, hash string) (person string, err error) {
	var row linkRow
	err = s.r.NewSelect().Model(&row).Where("hash = ? AND expires > ?", hash, micros(s.now())).Scan(ctx)
	if err != nil {
		return "", fmt.Errorf("link: %w", missing(err))
	}
	return row.Person, nil
}

func (t *tx) useLink(ctx context.Context, hash string) (person string, err error) {
	var row linkRow
	if err := t.NewSelect().Model(&row).Where("hash = ? AND expires > ?", hash, micros(t.at)).Scan(ctx); err != nil {
		return "", missing(err)
	}
	_, err = t.NewDelete().Model((*linkRow)(nil)).Where("hash = ?", hash).Exec(ctx)
	return row.Person, err
}
