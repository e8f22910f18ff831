package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// Bounds of a password, in characters and bytes.
const (
	MinPassword = 12
	maxPassword = 256
)

// argon are parameters of Argon2id, RFC 9106.
type argon struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
}

// ours are those of OWASP's Password Storage Cheat Sheet: 19 MiB, 2 rounds.
var ours = argon{memory: 19 << 10, time: 2, lanes: 1}

const (
	saltBytes = 16
	hashBytes = 32
)

// hashing bounds how many passwords are hashed at once: each takes 19 MiB.
var hashing = make(chan struct{}, 4)

func (a argon) key(ctx context.Context, password string, salt []byte, n uint32) ([]byte, error) {
	select {
	case hashing <- struct{}{}:
		defer func() { <-hashing }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, a.time, a.memory, a.lanes, n), nil
}

// hash writes a password in the PHC string format.
func (a argon) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key, err := a.key(ctx, password, salt, hashBytes)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, a.memory, a.time, a.lanes, b64(salt), b64(key)), nil
}

// Hash is a password as it is kept.
func Hash(ctx context.Context, password string) (string, error) { return ours.hash(ctx, password) }

var errHash = errors.New("not a hash of ours")

func parse(phc string) (a argon, salt, key []byte, err error) {
	var version int
	parts := strings.Split(phc, "$")
	if len(phc) > 300 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return a, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return a, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &a.memory, &a.time, &a.lanes); err != nil ||
		a.memory < 8 || a.memory > 256<<10 || a.time < 1 || a.time > 16 || a.lanes < 1 || a.lanes > 16 {
		return a, nil, nil, errHash
	}
	var errSalt, errKey error
	salt, errSalt = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	key, errKey = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errSalt != nil || errKey != nil || len(salt) < 8 || len(key) < 16 {
		return a, nil, nil, errHash
	}
	return a, salt, key, nil
}

// Verify reports whether phc is the hash of password, and whether it was made
// with weaker parameters than ours.
func Verify(ctx context.Context, phc, password string) (ok, weak bool, err error) {
	a, salt, key, err := parse(phc)
	if err != nil {
		return false, false, err
	}
	if len(password) > maxPassword {
		password = "" // none of ours is that long; the work is the same
	}
	got, err := a.key(ctx, password, salt, uint32(len(key))) //nolint:gosec // below 300
	if err != nil {
		return false, false, err
	}
	weak = a.memory < ours.memory || a.time < ours.time || len(key) < hashBytes || len(salt) < saltBytes
	return subtle.ConstantTimeCompare(got, key) == 1 && password != "", weak, nil
}

// CheckPassword says why a password may not be used; login is whose it is.
func CheckPassword(password, login string) error {
	switch {
	case !utf8.ValidString(password):
		return &RefusalError{"password: not UTF-8"}
	case utf8.RuneCountInString(password) < MinPassword:
		return &RefusalError{fmt.Sprintf("password: at least %d characters are required; several words are easy to remember", MinPassword)}
	case len(password) > maxPassword:
		return &RefusalError{fmt.Sprintf("password: more than %d bytes", maxPassword)}
	case strings.Count(password, password[:1]) == len(password), strings.EqualFold(password, login):
		return &RefusalError{"password: too easy to guess"}
	}
	return nil
}
