package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/store"
)

type documentJSON struct {
	ID         string    `json:"id"`
	Collection string    `json:"collection"`
	Audience   string    `json:"audience"`
	Source     string    `json:"source,omitempty"` // its name
	Product    string    `json:"product,omitempty"`
	Root       string    `json:"root"`
	Path       string    `json:"path"`
	Title      string    `json:"title"`
	Language   string    `json:"language"`
	Type       string    `json:"type"`
	Size       int64     `json:"size"`
	Modified   time.Time `json:"modified,omitzero"`
	Ingested   time.Time `json:"ingested,omitzero"`
	Pages      int       `json:"pages"`
	Words      int       `json:"words"`
	Passages   int       `json:"passages"`
	Seconds    float64   `json:"seconds"` // that reading took
	Version    int       `json:"version"`
	State      string    `json:"state"`          // ok, or failed with the last good passages kept
	Code       string    `json:"code,omitempty"` // of a failure: no_text, encrypted …
	Error      string    `json:"error,omitempty"`
	Hint       string    `json:"hint,omitempty"`
	Warnings   []string  `json:"warnings,omitempty"`
}

func (s *server) documents(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	docs, err := s.o.Store.Documents(c.Request.Context(), ws.ID, store.DocumentFilter{Root: c.Query("root"), Collection: c.Query("collection"), State: c.Query("state")})
	if err != nil {
		return err
	}
	list := make([]documentJSON, len(docs))
	for i, d := range docs {
		list[i] = documentOf(d)
	}
	c.JSON(http.StatusOK, gin.H{"documents": list})
	return nil
}

func documentOf(d store.Document) documentJSON {
	return documentJSON{
		ID: d.ID, Collection: d.Collection, Audience: d.Audience, Source: d.Source, Product: d.Product, Root: d.Root, Path: d.Path, Title: d.Title,
		Language: d.Language, Type: d.Type, Size: d.Size, Modified: d.Modified, Ingested: d.Ingested,
		Passages: d.Passages, Version: d.Version, Pages: d.Pages, Words: d.Words, Seconds: d.Seconds, Code: d.Code, State: d.State, Error: d.Error, Hint: d.Hint, Warnings: d.Warnings,
	}
}
