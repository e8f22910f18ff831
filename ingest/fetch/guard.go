package fetch

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"time"
)

// RefusedError is an address that the guard does not let us connect to.
type RefusedError struct {
	Host   string // as it was asked for
	Reason string
}

func (e *RefusedError) Error() string { return fmt.Sprintf("%s refused: %s", e.Host, e.Reason) }

// Permanent says that trying again is of no use.
func (*RefusedError) Permanent() bool { return true }

// unroutable are networks that are not the public internet although the
// predicates of netip do not say so (IANA special-purpose address registries,
// RFC 6890). Outside 2000::/3 all of IPv6 is refused, and so are NAT64
// (64:ff9b::/96) and site-local addresses.
var unroutable = prefixes("0.0.0.0/8 100.64.0.0/10 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4 " +
	"2001::/23 2001:db8::/32 2002::/16 3fff::/20")

var unicast6 = netip.MustParsePrefix("2000::/3")

// credentials are where clouds hand out keys to whoever asks from inside.
var credentials = prefixes("169.254.0.0/16 168.63.129.16/32 100.100.100.200/32 192.0.0.192/32 fd00:ec2::254/128 fd20:ce::254/128 fe80::/10")

func prefixes(list string) []netip.Prefix {
	var out []netip.Prefix
	for p := range strings.FieldsSeq(list) {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func within(list []netip.Prefix, a netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
}

// guard decides about addresses. Exceptions are networks, or hosts by name.
type guard struct {
	networks []netip.Prefix
	hosts    []string // in lower case; with a leading dot all below it
	resolver *net.Resolver
}

// newGuard reads exceptions: "10.1.0.0/16", "10.1.2.3", "wiki.example.lan" or
// "*.example.lan".
func newGuard(exceptions []string) (guard, error) {
	var g guard
	var errs []error
	for i, e := range exceptions {
		e = strings.ToLower(strings.TrimSpace(e))
		if p, err := netip.ParsePrefix(e); err == nil {
			g.networks = append(g.networks, p.Masked())
			continue
		}
		if a, err := netip.ParseAddr(strings.Trim(e, "[]")); err == nil && a.Zone() == "" {
			a = a.Unmap()
			g.networks = append(g.networks, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		name := strings.TrimPrefix(e, "*")
		if name == "" || name == "." || strings.ContainsAny(name, "/:*@ ?#[]") {
			errs = append(errs, fmt.Errorf("allow_private[%d]: %q is neither a network (10.1.0.0/16), an address nor a host name (wiki.example.lan)", i, e))
			continue
		}
		g.hosts = append(g.hosts, strings.TrimSuffix(name, "."))
	}
	return g, errors.Join(errs...)
}

// CheckExceptions reports what is wrong with a list for [ClientOptions].
func CheckExceptions(exceptions []string) error {
	_, err := newGuard(exceptions)
	return err
}

func (g guard) namesHost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return slices.ContainsFunc(g.hosts, func(h string) bool {
		return host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h)
	})
}

// check refuses an address unless it is public or an exception. A host named
// as an exception may lie in a private network, but not where clouds keep
// their keys: who wants that must name the network.
func (g guard) check(host string, a netip.Addr) error {
	if a.Zone() != "" {
		return &RefusedError{Host: host, Reason: "it has an IPv6 zone"}
	}
	a = a.Unmap() // ::ffff:127.0.0.1 is 127.0.0.1
	secret := within(credentials, a)
	public := a.IsValid() && !a.IsLoopback() && !a.IsPrivate() && !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() &&
		!secret && !within(unroutable, a) && (a.Is4() || unicast6.Contains(a))
	if public || within(g.networks, a) || !secret && !a.IsMulticast() && a.IsValid() && g.namesHost(host) {
		return nil
	}
	return &RefusedError{Host: host, Reason: fmt.Sprintf("%s is not a public address; if it is meant, list the host or its network under allow_private", a)}
}

// dial connects to where host resolves to, each address checked at the moment
// of connecting: a name that resolves differently the second time gains nothing.
func (g guard) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &RefusedError{Host: address, Reason: "it is no address"}
	}
	d := net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Resolver: g.resolver, Control: func(_, address string, _ syscall.RawConn) error {
		ap, err := netip.ParseAddrPort(address)
		if err != nil {
			return &RefusedError{Host: host, Reason: "it is no address"}
		}
		return g.check(host, ap.Addr())
	}}
	return d.DialContext(ctx, network, address) //nolint:wrapcheck // names the address
}
