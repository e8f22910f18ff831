package connectortest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

// door is an intake in front of one desk, and what came through it.
type door struct {
	*connectors.Intake

	name   string
	stored []connectors.Event
	log    bytes.Buffer
}

func newDoor(name string, c connectors.Connector) *door {
	d := &door{name: name}
	d.Intake = &connectors.Intake{
		Desks: map[string]connectors.Desk{name: {Name: name, Workspace: "w", Kind: kind(name), Connector: c}},
		Now:   func() time.Time { return clock }, Log: slog.New(slog.NewJSONHandler(&d.log, nil)),
		Accept: func(_ context.Context, _ connectors.Desk, events []connectors.Event) error {
			d.stored = append(d.stored, events...)
			return nil
		},
	}
	return d
}

func (d *door) send(t *testing.T, sent connectors.Delivery) int {
	t.Helper()
	return send(t.Context(), d.Intake, d.name, sent)
}

// each runs a test for each entry of desks, with the desk of a first company.
func each(t *testing.T, test func(t *testing.T, name string, make makeDesk)) {
	t.Helper()
	for name, make := range desks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, name, make)
		})
	}
}

// judge is what a connector makes of a delivery, in the order of an intake.
func judge(t *testing.T, c connectors.Connector, d connectors.Delivery) ([]connectors.Event, error) {
	t.Helper()
	if err := c.Verify(t.Context(), d, clock); err != nil {
		return nil, err
	}
	rec, err := c.Read(d)
	return rec.Events, err
}

// What is valid at one company's desk is nothing at another's.
func TestAnotherCompanysDeliveryIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, name string, make makeDesk) {
		t.Helper()
		ours := make(t, &company{})
		for _, other := range []struct {
			name string
			who  company
		}{
			{"another secret", company{otherSecret: true}},
			{"another account", company{otherAccount: true}},
			{"both", company{otherSecret: true, otherAccount: true}},
		} {
			theirs := make(t, &other.who)
			for _, n := range []int{3, 5} { // a customer's, an agent's
				d := theirs.message(n, text(n))
				events, err := judge(t, theirs.connector, d)
				require.NoError(t, err, "%s: it is valid where it belongs", other.name)
				require.NotEmpty(t, events)

				_, err = judge(t, ours.connector, d)
				if ours.nameless != "" && !other.who.otherSecret {
					require.NoError(t, err, "something tells them apart, so that nameless is wrong: %s", ours.nameless)
					continue
				}
				require.True(t, errors.Is(err, connectors.ErrUnverified) || errors.Is(err, connectors.ErrForeign), "%s: taken, or refused for no reason: %v", other.name, err)

				in := newDoor(name, ours.connector)
				in.send(t, d) // some vendors want to hear 200 all the same
				require.Empty(t, in.stored, other.name)
			}
		}
	})
}

// Nobody makes us read more than a desk sends, signed or not.
func TestLargeBodiesAreRefused(t *testing.T) {
	t.Parallel()
	pad := bytes.Repeat([]byte{' '}, 10<<20)
	each(t, func(t *testing.T, name string, make makeDesk) {
		t.Helper()
		ours := make(t, &company{})
		for _, n := range []int{3, 5} {
			d := ours.message(n, text(n))
			in := newDoor(name, ours.connector)
			require.Equal(t, http.StatusOK, in.send(t, d))
			require.NotEmpty(t, in.stored)

			in = newDoor(name, ours.connector)
			d.Body = append(bytes.Clone(d.Body), pad...)
			require.Equal(t, http.StatusRequestEntityTooLarge, in.send(t, d))
			r := httptest.NewRequestWithContext(t.Context(), d.Method, "/hooks/"+name+d.Path, io.MultiReader(bytes.NewReader(d.Body))) // of a length that is not told
			require.EqualValues(t, -1, r.ContentLength)
			r.Header = d.Header
			w := httptest.NewRecorder()
			in.ServeHTTP(w, r)
			require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
			require.Empty(t, in.stored)
		}
	})
}

// A message that comes again with another text is the one we have.
func TestAReplayWithOtherContentHasTheSameKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ string, make makeDesk) {
		t.Helper()
		ours := make(t, &company{})
		for _, n := range []int{3, 5} {
			first, err := judge(t, ours.connector, ours.message(n, text(n)))
			require.NoError(t, err)
			again, err := judge(t, ours.connector, ours.message(n, "Ganz etwas anderes."))
			require.NoError(t, err)
			require.Len(t, again, len(first))
			for i, e := range first {
				require.Equal(t, e.Message, again[i].Message)
				if ours.textual == "" {
					require.Equal(t, e.Key, again[i].Key)
				} else {
					require.NotEqual(t, e.Key, again[i].Key, "its key is not of the text, so that textual is wrong: %s", ours.textual)
				}
			}
			next, err := judge(t, ours.connector, ours.message(n+10, text(n)))
			require.NoError(t, err)
			require.NotEqual(t, first[0].Key, next[0].Key, "and another with the same text is another")
		}
	})
}

// Logs are read by more people than may read secrets.
func TestSecretsAreNotLogged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, name string, make makeDesk) {
		t.Helper()
		who, another := company{}, company{otherSecret: true}
		ours, theirs := make(t, &who), make(t, &another)
		in := newDoor(name, ours.connector)
		d := ours.message(3, text(3))
		require.Equal(t, http.StatusOK, in.send(t, d))
		in.send(t, theirs.message(3, text(3)))
		d.Body = d.Body[:len(d.Body)/2]
		in.send(t, d)
		d.Body = nil
		in.send(t, d)
		d.Method = http.MethodPut
		in.send(t, d)
		require.Contains(t, in.log.String(), `"msg":"delivery"`)
		for _, s := range append(who.secrets, another.secrets...) {
			require.NotContains(t, in.log.String(), s)
		}
		require.NotContains(t, in.log.String(), text(3))
	})
}
