// Package fetch holds what remote sources share: an HTTP client that cannot be
// led into our own network, a folder for what was brought, and private files
// for what is being read. It does not know what a page, bucket or share is;
// the packages below it do.
package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// UserAgent is how we name ourselves to others: "sufflor/1.2 (+contact)",
// where contact is an address of the company that runs us and may be empty.
func UserAgent(version, contact string) string {
	agent := "sufflor/" + strings.Map(token, version)
	if contact != "" {
		agent += " (+" + strings.Map(token, contact) + ")"
	}
	return agent
}

// token keeps what may stand in a header and a comment in it.
func token(r rune) rune {
	if r <= ' ' || r > '~' || strings.ContainsRune(`()\"`, r) {
		return -1
	}
	return r
}

// secretKeys name query parameters that give access to those who know them.
var secretKeys = pattern.Lazy(`(?i)token|secret|passw|pwd|^pass$|auth|signature|^sig$|^key$|api_?key|access_?key|credential|session|^code$`)

// Redact is an address that may be shown and logged: without user, password
// and the values of query parameters that sound like a key.
func Redact(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		// What cannot be parsed may hold a password anywhere.
		return "(an address that cannot be read)"
	}
	return redact(u)
}

func redact(u *url.URL) string {
	c := *u
	if c.User != nil {
		c.User = url.User("-")
	}
	c.Fragment, c.RawFragment = "", ""
	if c.RawQuery != "" {
		pairs := strings.Split(c.RawQuery, "&")
		for i, p := range pairs {
			name, _, found := strings.Cut(p, "=")
			plain, err := url.QueryUnescape(name)
			if found && (err != nil || secretKeys().MatchString(plain)) {
				pairs[i] = name + "=-"
			}
		}
		c.RawQuery = strings.Join(pairs, "&")
	}
	return c.String()
}

// cause is err without the address that an HTTP client puts before it.
func cause(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok {
		return ue.Err
	}
	return err
}

// CheckName reports why a name that a server gave cannot be the path of a
// document; nil when it can. It is never the name of a local file, so this is
// about what can be stored and shown.
func CheckName(name string) error {
	const longest = 2048
	switch {
	case name == "":
		return errors.New("the name is empty; rename it there")
	case !utf8.ValidString(name):
		return errors.New("the name is not in UTF-8; rename it there")
	case strings.ContainsFunc(name, unicode.IsControl):
		return errors.New("the name holds control characters; rename it there")
	case len(name) > longest:
		return fmt.Errorf("the name has %d bytes, %d are possible; shorten it there", len(name), longest)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return errors.New(`the name has a part that is empty, "." or ".."; rename it there`)
		}
	}
	return nil
}

var plainExtension = pattern.Lazy(`^\.[a-z0-9]{1,10}$`)

// Extension is the extension of a name from outside, in lower case with its
// dot, or "" when it is none that a local file may have.
func Extension(name string) string {
	ext := strings.ToLower(path.Ext(name))
	if !plainExtension().MatchString(ext) {
		return ""
	}
	return ext
}

// Temp writes what r gives to a new private file with the extension in dir,
// or in the system's folder when dir is "". Above limit bytes the error wraps
// [ingest.ErrTooLarge] and no file is left. release removes the file; it is
// never nil and may be called again.
func Temp(dir, ext string, r io.Reader, limit int64) (name string, release func(), err error) {
	release = func() {}
	f, err := os.CreateTemp(dir, "sufflor-*"+Extension("x"+ext)) // created with mode 0600
	if err != nil {
		return "", release, fmt.Errorf("make a private file: %w", err)
	}
	remove := func() { _ = os.Remove(f.Name()) }
	if err := errors.Join(copyLimited(f, r, limit), f.Close()); err != nil {
		remove()
		return "", release, err
	}
	return f.Name(), remove, nil
}

// copyLimited copies at most limit bytes and fails when there are more.
func copyLimited(w io.Writer, r io.Reader, limit int64) error {
	n, err := io.Copy(w, io.LimitReader(r, limit))
	if err != nil {
		return err //nolint:wrapcheck // the caller says of what
	}
	if n < limit {
		return nil
	}
	if more, err := io.ReadFull(r, make([]byte, 1)); more > 0 {
		return tooLarge(limit)
	} else if err != nil && !errors.Is(err, io.EOF) {
		return err //nolint:wrapcheck // the caller says of what
	}
	return nil
}

func tooLarge(limit int64) error {
	return fmt.Errorf("it has more than the %d bytes that are allowed: %w", limit, ingest.ErrTooLarge)
}
