package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/store"
)

type deadJobJSON struct {
	ID        int64     `json:"id"`
	Kind      string    `json:"kind"`
	Workspace string    `json:"workspace"`
	Desk      string    `json:"desk"`
	Key       string    `json:"key"` // of the event, or the suggestion's id
	Attempt   int       `json:"attempt"`
	Error     string    `json:"error"`
	Died      time.Time `json:"died"`
}

func deadJob(d store.DeadJob) deadJobJSON {
	return deadJobJSON{ID: d.ID, Kind: d.Kind, Workspace: d.Workspace, Desk: d.Desk, Key: d.Key, Attempt: d.Attempt, Error: d.Error, Died: d.Died}
}

// deadJobs lists the jobs that were given up, of all workspaces: whoever can
// try them again must see them all.
func (s *server) deadJobs(c *gin.Context) error {
	dead, err := s.o.Store.DeadJobs(c.Request.Context())
	if err != nil {
		return err
	}
	list := make([]deadJobJSON, len(dead))
	for i, d := range dead {
		list[i] = deadJob(d)
	}
	c.JSON(http.StatusOK, gin.H{"jobs": list})
	return nil
}

func (s *server) retryJob(c *gin.Context) error {
	id, err := strconv.ParseInt(c.Param("id"), 10, 64)
	if err != nil {
		return badRequest("id", strconv.Quote(c.Param("id"))+" is not a job's number", "take it from GET /api/jobs/dead")
	}
	if err := s.o.Store.RetryJob(c.Request.Context(), id); err != nil {
		return err
	}
	c.JSON(http.StatusAccepted, gin.H{"id": id})
	return nil
}
