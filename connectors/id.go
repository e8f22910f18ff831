package connectors

import (
	"net/url"
	"strings"
)

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

// IsNumber reports whether s is an id of digits, at most 20 as 64 bits have.
func IsNumber(s string) bool {
	return s != "" && len(s) <= 20 && strings.Trim(s, digits) == ""
}

// IsToken reports whether s may be part of an address as it is: at most 128
// letters and digits of ASCII, "-" and "_".
func IsToken(s string) bool {
	return s != "" && len(s) <= 128 && strings.Trim(s, letters+digits+"-_") == ""
}

// IsUUID reports whether s has the form 390e44e6-f1e6-4368-a6dd-74a14508c2e1,
// in small letters or large.
func IsUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, r := range s {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (r == '-') || (!dash && !strings.ContainsRune(digits+"abcdefABCDEF", r)) {
			return false
		}
	}
	return true
}

// IsSubdomain reports whether s is the part before a vendor's domain, as in
// nordwind.zendesk.com.
func IsSubdomain(s string) bool {
	return s != "" && len(s) <= 63 && strings.Trim(s, letters[:26]+digits+"-") == "" && strings.Trim(s, "-") == s
}

// IsAddress reports whether s is an http or https address with a host. It may
// be within our own network: for settings, never for what came from outside.
func IsAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http")
}
