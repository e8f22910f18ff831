package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch/s3"
	"github.com/sufflor/sufflor/ingest/fetch/web"
	"github.com/sufflor/sufflor/ingest/fetch/webdav"
	panel "github.com/sufflor/sufflor/web"
)

// target is what one run is about: a configured source, a part of one, or a
// path that no source has.
type target struct {
	config.Source
	workspace string
	root      string          // of the part; "" is every root of the source
	below     string          // an item or folder of the root
	stray     bool            // no configured source has it
	only      map[string]bool // items, nil is all
}

// targets finds out what a request names. Paths must be absolute.
func targets(w config.Workspace, q panel.IngestRequest) (out []target, err error) {
	for _, name := range q.Sources {
		s, ok := w.Source(name)
		if !ok {
			return nil, usage(fmt.Errorf("workspace %s has no source %q; it has: %s", w.ID, name, sourceNames(w)))
		}
		out = append(out, target{Source: s, workspace: w.ID})
	}
	for _, p := range q.Paths {
		t, err := pathTarget(w, p, q.Collection, q.Audience)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	if len(q.Sources)+len(q.Paths) == 0 {
		for _, s := range w.NamedSources() {
			out = append(out, target{Source: s, workspace: w.ID})
		}
	}
	if len(out) == 0 {
		return nil, usage(fmt.Errorf("workspace %s has no sources; name files or folders: sufflor ingest PATH…", w.ID))
	}
	return out, nil
}

func sourceNames(w config.Workspace) string {
	var names []string
	for _, s := range w.NamedSources() {
		names = append(names, s.Name)
	}
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// pathTarget is the part of a configured source that a path is. What lies in
// none is internal unless somebody says otherwise: the safe side.
func pathTarget(w config.Workspace, p, collection, audience string) (target, error) {
	t := target{stray: true, workspace: w.ID, Source: config.Source{Name: p, Collection: "documents", Audience: string(index.Internal), Paths: []string{p}}}
	for _, s := range w.NamedSources() {
		folders, err := ingest.Folders(s.Paths...)
		if err != nil {
			return t, err
		}
		for _, f := range folders {
			root := f.Root()
			if !ingest.Inside(p, root) || len(root) < len(t.root) {
				continue
			}
			t = target{Source: s, workspace: w.ID, root: root, below: filepath.ToSlash(strings.Trim(strings.TrimPrefix(p, root), string(filepath.Separator)))}
		}
	}
	if !t.stray {
		if collection != "" && collection != t.Collection || audience != "" && audience != t.Audience {
			return t, usage(fmt.Errorf("%s lies in the source %s (collection %s, audience %s); change it there, or leave the flags out", p, t.Name, t.Collection, t.Audience))
		}
		return t, nil
	}
	if collection != "" {
		t.Collection = collection
	}
	if audience != "" {
		t.Audience = audience
	}
	return t, nil
}

// parts are the places of a target. Whoever gets them calls closing.
func parts(cfg config.Config, t target) (out []ingest.Source, closing func() error, err error) {
	none := func() error { return nil }
	switch t.Kind() {
	case config.KindWeb:
		c := t.Web
		s, err := web.New(web.Config{
			Start: c.Start, Sitemaps: c.Sitemaps, RobotsSitemaps: c.RobotsSitemaps, Allow: c.Allow, Deny: c.Deny, Depth: c.Depth,
			MaxPages: c.MaxPages, Rate: c.Rate, Concurrency: c.Concurrency, Contact: c.Contact, AllowPrivate: c.AllowPrivate,
		}, web.Options{Version: version, CacheDir: cacheOf(cfg, t.workspace, t.Name), MaxFile: cfg.Ingest.MaxFileBytes})
		if err != nil {
			return nil, none, err
		}
		return []ingest.Source{s}, s.Close, nil
	case config.KindS3:
		c := t.S3
		s, err := s3.New(s3.Config{
			Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix, PathStyle: c.PathStyle, Anonymous: c.Anonymous,
			AccessKey: c.AccessKey, AllowPrivate: c.AllowPrivate,
		}, s3.Options{SecretKey: c.SecretKey.Reveal(), SessionToken: c.SessionToken.Reveal(), Version: version})
		if err != nil {
			return nil, none, err
		}
		return []ingest.Source{s}, s.Close, nil
	case config.KindWebDAV:
		c := t.WebDAV
		s, err := webdav.New(webdav.Config{URL: c.URL, User: c.User, AllowPrivate: c.AllowPrivate},
			webdav.Options{Password: c.Password.Reveal(), Token: c.Token.Reveal(), Version: version})
		if err != nil {
			return nil, none, err
		}
		return []ingest.Source{s}, s.Close, nil
	}
	folders, err := ingest.Folders(t.Paths...)
	if err != nil {
		return nil, none, err
	}
	for _, f := range folders {
		if t.root != "" && f.Root() != t.root {
			continue
		}
		f.FollowLinks = t.FollowLinks
		if f.Except, err = others(cfg, f.Root()); err != nil {
			return nil, none, err
		}
		out = append(out, f)
	}
	return out, none, nil
}

// cacheOf is where a web site's pages are kept between two runs.
func cacheOf(cfg config.Config, workspace, source string) string {
	return filepath.Join(cfg.Data, "cache", workspace, source)
}

// others are the places inside root that are somebody else's: other sources'
// folders, of whatever audience, and our own data.
func others(cfg config.Config, root string) (out []string, err error) {
	names := []string{cfg.Data}
	for _, w := range cfg.Workspaces {
		for _, s := range w.Sources {
			names = append(names, s.Paths...)
		}
	}
	for _, name := range names {
		abs, err := filepath.Abs(name)
		if err != nil {
			return nil, err
		}
		if abs != root && ingest.Inside(abs, root) {
			out = append(out, abs)
		}
	}
	return out, nil
}

// roots are the roots of a configured source.
func roots(cfg config.Config, s config.Source) ([]string, error) {
	if s.Kind() == config.KindWeb { // whoever only asks leaves no cache behind
		tmp, err := os.MkdirTemp("", "sufflor-*")
		if err != nil {
			return nil, err
		}
		defer os.RemoveAll(tmp) //nolint:errcheck // an empty folder in the system's place for such
		cfg.Data = tmp
	}
	list, closing, err := parts(cfg, target{Source: s})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range list {
		out = append(out, p.Root())
	}
	return out, closing()
}

// checkSources reports what is wrong with the configured sources.
func checkSources(cfg config.Config) error {
	var errs []error
	for i, w := range cfg.Workspaces {
		owner := map[string]string{}
		for j, s := range w.NamedSources() {
			at := fmt.Sprintf("workspaces[%d].sources[%d] (%s)", i, j, s.Name)
			list, err := roots(cfg, s)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", at, err))
			}
			for _, root := range list {
				if other, ok := owner[root]; ok {
					errs = append(errs, fmt.Errorf("%s: %s is also of source %s; a place belongs to one source", at, root, other))
				}
				owner[root] = s.Name
			}
		}
	}
	return errors.Join(errs...)
}
