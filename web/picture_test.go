//go:build pictures

package web_test

import (
	"net/http/httptest"
	"testing"

	"github.com/sufflor/sufflor/connectors/connectortest/pictures"
)

// The panel as wide as the side bar of a help desk.
func TestPicture(t *testing.T) {
	o := options(seed(t))
	o.Workspaces = o.Workspaces[:1]
	srv := httptest.NewServer(handler(t, o))
	t.Cleanup(srv.Close)
	pictures.Shoot(t, "panel", srv.URL+"/signin?token="+token, 500, 1290)
}
