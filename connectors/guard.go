package connectors

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"syscall"
	"time"
)

// reserved are networks that are not the public internet although the netip
// predicates do not say so (IANA special-purpose registries, RFC 6890).
var reserved = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // carrier-grade NAT; also a cloud's metadata
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),
	netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // includes Teredo, which carries IPv4
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4 carries IPv4
	netip.MustParsePrefix("3fff::/20"),
}

// globalV6 is all of IPv6 that is routed on the internet today. Everything
// else, NAT64 included, could lead back into our own network.
var globalV6 = netip.MustParsePrefix("2000::/3")

// BlockedError is an address that a [Guard] refuses.
type BlockedError struct {
	Host   string
	Reason string
}

func (e *BlockedError) Error() string { return fmt.Sprintf("address %q refused: %s", e.Host, e.Reason) }

// Permanent implements what [IsPermanent] asks for.
func (e *BlockedError) Permanent() bool { return true }

// Guard keeps calls to an address chosen by somebody else out of our own
// network (server-side request forgery). The zero value allows the public
// internet only. Safe for concurrent use.
type Guard struct {
	Allow []netip.Prefix // networks allowed although they are not public

	// Lookup resolves a host for Check; nil is the system's resolver.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Check reports whether address is https without credentials and whether all
// that its host resolves to is allowed. It gives an admin an early and clear
// answer; only [Guard.Transport] is safe against a name that changes.
func (g *Guard) Check(ctx context.Context, address string) error {
	u, err := CheckHTTPS(address)
	if err != nil {
		return err
	}
	host := u.Hostname()
	addrs := []netip.Addr{}
	if a, err := netip.ParseAddr(host); err == nil {
		addrs = append(addrs, a)
	} else {
		lookup := g.Lookup
		if lookup == nil {
			lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
				return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
			}
		}
		if addrs, err = lookup(ctx, host); err != nil {
			return fmt.Errorf("resolve %q: %w", host, err)
		}
	}
	if len(addrs) == 0 {
		return &BlockedError{Host: host, Reason: "it resolves to nothing"}
	}
	for _, a := range addrs {
		if err := g.check(a); err != nil {
			return &BlockedError{Host: host, Reason: err.Error()}
		}
	}
	return nil
}

// CheckHTTPS parses an address that must be https and carry no credentials.
func CheckHTTPS(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, &BlockedError{Reason: "it is not a URL"}
	case u.Scheme != "https":
		return nil, &BlockedError{Host: u.Host, Reason: "it must start with https://"}
	case u.Hostname() == "":
		return nil, &BlockedError{Reason: "it has no host"}
	case u.User != nil:
		return nil, &BlockedError{Host: u.Host, Reason: "it must not contain a user or password"}
	}
	return u, nil
}

// check refuses a unless it is public or allowed.
func (g *Guard) check(a netip.Addr) error {
	if a.Zone() != "" {
		return errors.New("it has an IPv6 zone")
	}
	a = a.Unmap() // ::ffff:127.0.0.1 is 127.0.0.1
	if slices.ContainsFunc(g.Allow, func(p netip.Prefix) bool { return p.Contains(a) }) {
		return nil
	}
	private := !a.IsValid() || a.IsLoopback() || a.IsPrivate() || a.IsUnspecified() || a.IsMulticast() ||
		a.IsLinkLocalUnicast() || (a.Is6() && !globalV6.Contains(a)) ||
		slices.ContainsFunc(reserved[:], func(p netip.Prefix) bool { return p.Contains(a) })
	if private {
		return fmt.Errorf("%s is not a public address; allow its network in the settings if it is meant", a)
	}
	return nil
}

// Transport is an HTTP transport that checks each address when it connects, so
// that a name which resolves differently the second time gains nothing. It
// uses no proxy: the check would see the proxy's address only. A nil conf is
// Go's default.
func (g *Guard) Transport(conf *tls.Config) *http.Transport {
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	dialer := &net.Dialer{Timeout: 5 * time.Second, Control: g.control}
	return &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: conf, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: DefaultTimeout,
		IdleConnTimeout: time.Minute, MaxIdleConns: 20, MaxResponseHeaderBytes: 64 << 10,
	}
}

func (g *Guard) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return &BlockedError{Host: address, Reason: "it is no address"}
	}
	if err := g.check(ap.Addr()); err != nil {
		return &BlockedError{Host: address, Reason: err.Error()}
	}
	return nil
}
