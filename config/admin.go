package config

import (
	"fmt"
	"net"
)

// Admin is a port of its own for those who run sufflor: metrics, profiles,
// health.
type Admin struct {
	Listen string `yaml:"listen"` // host:port; empty: there is none
	// Token is asked for as a bearer token. It is required where others than
	// this machine can reach the address.
	Token Secret `yaml:"token"`
}

func (a Admin) validate() error {
	if a.Listen == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(a.Listen)
	if err != nil {
		return fmt.Errorf("admin.listen: %q is no host:port, such as 127.0.0.1:9090", a.Listen)
	}
	ip := net.ParseIP(host)
	alone := host == "localhost" || ip != nil && ip.IsLoopback()
	switch n := len(a.Token.Reveal()); {
	case n == 0 && !alone:
		return fmt.Errorf("admin.listen: others can reach %s; set admin.token, or listen on 127.0.0.1", a.Listen)
	case n > 0 && n < 24:
		return fmt.Errorf("admin.token: %d characters are too few; use 24 or more", n)
	}
	return nil
}
