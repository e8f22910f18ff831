package teams

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// errKeys means that we cannot tell who signed, for want of keys: our fault
// for now, so that Teams sends again.
var errKeys = errors.New("the Bot Framework's keys cannot be read; allow https from this server")

// signer is one published key.
type signer struct {
	public       *rsa.PublicKey
	endorsements []string // the channels it may speak for
}

// keyring keeps the published keys. One fetch runs at a time, others wait for
// it or use what there is; a failed one leaves the old keys. Safe for
// concurrent use.
type keyring struct {
	load func(ctx context.Context) (map[string]signer, error)
	turn chan struct{} // holds one while somebody fetches

	mu      sync.RWMutex
	keys    map[string]signer // nil before the first success
	fetched time.Time
	tried   time.Time
	failed  error // of the last fetch
}

// find is the key with that id. An id that is unknown after all is an error
// wrapping [connectors.ErrUnverified]; not knowing is one wrapping errKeys.
func (k *keyring) find(ctx context.Context, id string, now time.Time) (signer, error) {
	s, known, fetch := k.look(id, now)
	if fetch {
		select {
		case k.turn <- struct{}{}:
			if _, _, still := k.look(id, now); still {
				k.fetch(ctx, now)
			}
			<-k.turn
		default:
			if known {
				return s, nil // somebody else fetches, and this one will do
			}
			select {
			case k.turn <- struct{}{}: // after that fetch; a second one is not due
				<-k.turn
			case <-ctx.Done():
				return signer{}, ctx.Err()
			}
		}
		s, known, _ = k.look(id, now)
	}
	k.mu.RLock()
	defer k.mu.RUnlock()
	switch {
	case known:
		return s, nil
	case k.keys == nil || k.failed != nil || now.Sub(k.fetched) > keysUsable:
		return signer{}, fmt.Errorf("%w: %w", errKeys, reason(k.failed))
	}
	return signer{}, fmt.Errorf("signed with a key that is not published: %w", connectors.ErrUnverified)
}

// reason is err, or why keys are of no use without one.
func reason(err error) error {
	if err == nil {
		return errors.New("too old")
	}
	return err
}

// look is the key as we have it, and whether the keys should be fetched.
func (k *keyring) look(id string, now time.Time) (s signer, known, fetch bool) {
	k.mu.RLock()
	defer k.mu.RUnlock()
	age := now.Sub(k.fetched)
	if k.keys != nil && age <= keysUsable {
		s, known = k.keys[id]
	}
	if !k.tried.IsZero() && k.failed != nil && now.Sub(k.tried) < failPause {
		return s, known, false
	}
	return s, known, k.keys == nil || age >= keysFresh || (!known && age >= unknownPause)
}

// fetch is not given up when the delivery that caused it is: others wait.
func (k *keyring) fetch(ctx context.Context, now time.Time) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keysTimeout)
	defer cancel()
	keys, err := k.load(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.tried, k.failed = now, err
	if err == nil {
		k.keys, k.fetched = keys, now
	}
}

// loadKeys reads the metadata and the keys it names. Those must be at the same
// host: whoever chooses the keys chooses who is believed.
func (c *Connector) loadKeys(ctx context.Context) (map[string]signer, error) {
	var meta struct {
		Issuer  string `json:"issuer"`
		KeysURI string `json:"jwks_uri"`
	}
	if _, err := c.client.JSON(ctx, http.MethodGet, c.at(c.cloud.metadata), nil, nil, &meta); err != nil {
		return nil, fmt.Errorf("read metadata: %w", err)
	}
	home, err := url.Parse(c.cloud.metadata)
	if err != nil {
		return nil, fmt.Errorf("metadata address: %w", err)
	}
	u, err := connectors.CheckHTTPS(meta.KeysURI)
	if err != nil || u.Host != home.Host || meta.Issuer != c.cloud.issuer {
		return nil, fmt.Errorf("metadata names another issuer or host than %s", home.Host)
	}
	var set struct {
		Keys []struct {
			Type         string   `json:"kty"`
			Use          string   `json:"use"`
			ID           string   `json:"kid"`
			N            string   `json:"n"`
			E            string   `json:"e"`
			Endorsements []string `json:"endorsements"`
		} `json:"keys"`
	}
	if _, err := c.client.JSON(ctx, http.MethodGet, c.at(meta.KeysURI), nil, nil, &set); err != nil {
		return nil, fmt.Errorf("read keys: %w", err)
	}
	keys := map[string]signer{}
	for _, k := range set.Keys {
		public, err := rsaKey(k.N, k.E)
		if err != nil || k.Type != "RSA" || k.ID == "" || (k.Use != "" && k.Use != "sig") {
			continue // one odd key must not cost the others
		}
		keys[k.ID] = signer{public: public, endorsements: slices.Clone(k.Endorsements)}
	}
	if len(keys) == 0 || len(set.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys, %d of them usable", len(set.Keys), len(keys))
	}
	return keys, nil
}

// rsaKey is a public key in the form of RFC 7518, 6.3.1.
func rsaKey(modulus, exponent string) (*rsa.PublicKey, error) {
	n, err := base64.RawURLEncoding.DecodeString(modulus)
	if err != nil {
		return nil, errors.New("modulus is not base64")
	}
	e, err := base64.RawURLEncoding.DecodeString(exponent)
	if err != nil || len(e) == 0 || len(e) > 4 {
		return nil, errors.New("exponent is not readable")
	}
	k := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
	if k.N.BitLen() < minKey || k.E < 3 || k.E%2 == 0 {
		return nil, errors.New("key is too weak")
	}
	return k, nil
}
