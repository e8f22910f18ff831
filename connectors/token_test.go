package connectors_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

func TestTokensAreKeptAndRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		tokens := &connectors.Tokens{Get: func(context.Context) (string, time.Time, error) {
			asked++
			time.Sleep(time.Second)
			return fmt.Sprint("t", asked), time.Now().Add(time.Hour), nil
		}}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				got, err := tokens.Token(t.Context())
				if err != nil || got != "t1" {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, asked, "one asks for all")
		time.Sleep(59 * time.Minute)
		got, err := tokens.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, "t2", got, "renewed before it ends")
		tokens.Drop("t1")
		got, err = tokens.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, "t2", got, "an old one's refusal says nothing of the new one")
		tokens.Drop("t2")
		got, err = tokens.Token(t.Context())
		require.NoError(t, err)
		require.Equal(t, "t3", got)
	})
}

func TestNobodyWaitsForATokenInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tokens := &connectors.Tokens{Get: func(context.Context) (string, time.Time, error) {
			time.Sleep(time.Minute)
			return "", time.Time{}, errors.New("down")
		}}
		go tokens.Token(t.Context()) // holds the turn
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := tokens.Token(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(2 * time.Minute)
		_, err = tokens.Token(t.Context())
		require.ErrorContains(t, err, "down")
	})
}
