package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/uptrace/bun"
)

// Identity is who a sign-on provider says somebody is.
type Identity struct {
	Issuer  string    // the provider's address
	Subject string    // the provider's name for the person, which never changes
	Linked  time.Time // set by the store
}

type identityRow struct {
	bun.BaseModel `bun:"table:people_identities,alias:i"`

	Issuer  string `bun:",pk"`
	Subject string `bun:",pk"`
	Person  string
	Linked  int64
}

// PersonByIdentity is the one whom an identity was linked to.
func (s *Store) PersonByIdentity(ctx context.Context, issuer, subject string) (Person, error) {
	var row identityRow
	err := s.r.NewSelect().Model(&row).Where("issuer = ? AND subject = ?", issuer, subject).Scan(ctx)
	if err != nil {
		return Person{}, fmt.Errorf("person by identity: %w", missing(err))
	}
	return s.Person(ctx, row.Person)
}

// LinkIdentity links an identity to a person. [ErrTaken] when it belongs to
// somebody already, or the person has another of the same issuer.
func (s *Store) LinkIdentity(ctx context.Context, person string, id Identity) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		if _, err := onePerson(ctx, tx.Tx, "id", person); err != nil {
			return err
		}
		return tx.link(ctx, person, id)
	})
	if err != nil {
		return fmt.Errorf("link an identity to %q: %w", person, err)
	}
	return nil
}

// AddIdentified keeps a new person with an identity, or neither; [ErrTaken]
// when either belongs to somebody already.
func (s *Store) AddIdentified(ctx context.Context, p Person, id Identity) (Person, error) {
	err := s.write(ctx, func(ctx context.Context, tx *tx) (err error) {
		if p, err = tx.addPerson(ctx, p); err != nil {
			return err
		}
		return tx.link(ctx, p.ID, id)
	})
	if err != nil {
		return p, fmt.Errorf("add person %q: %w", p.Login, err)
	}
	return p, nil
}

func (t *tx) link(ctx context.Context, person string, id Identity) error {
	if id.Issuer == "" || id.Subject == "" {
		return fmt.Errorf("an issuer and a subject are required: %w", ErrInvalid)
	}
	taken, err := t.NewSelect().Model((*identityRow)(nil)).
		Where("issuer = ? AND (subject = ? OR person = ?)", id.Issuer, id.Subject, person).Exists(ctx)
	if err != nil {
		return err
	}
	if taken {
		return ErrTaken
	}
	_, err = t.NewInsert().Model(&identityRow{Issuer: id.Issuer, Subject: id.Subject, Person: person, Linked: micros(t.at)}).Exec(ctx)
	return err
}

// UnlinkIdentities forgets a person's identities and ends all their sessions.
// [ErrNotFound] when there are none.
func (s *Store) UnlinkIdentities(ctx context.Context, person string) error {
	err := s.write(ctx, func(ctx context.Context, tx *tx) error {
		res, err := tx.NewDelete().Model((*identityRow)(nil)).Where("person = ?", person).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, ErrNotFound)
		}
		return tx.endSessions(ctx, person)
	})
	if err != nil {
		return fmt.Errorf("unlink the identities of %q: %w", person, err)
	}
	return nil
}
