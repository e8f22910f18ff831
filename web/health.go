package web

import (
	"context"
	"errors"
	"maps"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Partial is what a health check returns of a part that works, but not fully
// yet. Its text is shown to everybody.
type Partial string //nolint:errname // a state first, an error where it is told

// Error is the text itself.
func (p Partial) Error() string { return string(p) }

// alive says that the process answers; it asks nothing, for a process is not
// to be started anew because its disk is full.
func (s *server) alive(c *gin.Context) error {
	c.JSON(http.StatusOK, gin.H{"status": "ok"})
	return nil
}

// ready is [server.health] for whoever sends us requests: a server that is
// about to stop takes no new ones.
func (s *server) ready(c *gin.Context) error {
	if s.o.Draining != nil && s.o.Draining() {
		c.JSON(http.StatusServiceUnavailable, gin.H{"status": "draining", "version": s.o.Version})
		return nil
	}
	return s.health(c)
}

// health says whether we can do our work, and if not, which part cannot. It
// needs no sign-in, so causes go to the log only.
func (s *server) health(c *gin.Context) error {
	parts := map[string]func(context.Context) error{
		"store": s.o.Store.Check,
		"queue": func(ctx context.Context) error { _, err := s.o.Store.QueueDepth(ctx); return err },
	}
	maps.Copy(parts, s.o.Health)
	status, word := http.StatusOK, "ok"
	said := map[string]string{}
	for name, check := range parts {
		said[name] = "ok"
		err := check(c.Request.Context())
		if part, ok := errors.AsType[Partial](err); ok {
			said[name] = string(part)
			continue
		}
		if err != nil {
			status, word, said[name] = http.StatusServiceUnavailable, "unavailable", "unavailable; the log of sufflor says why"
			s.o.Log.ErrorContext(c.Request.Context(), "health check failed", "part", name, "err", err)
		}
	}
	c.JSON(status, gin.H{"status": word, "version": s.o.Version, "parts": said})
	return nil
}
