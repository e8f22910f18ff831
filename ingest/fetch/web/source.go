package web

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch"
)

// Source is a web site. It implements [ingest.Source].
type Source struct {
	config           Config
	options          Options
	starts, sitemaps []*url.URL
	client           *fetch.Client
	cache            *fetch.Cache
	lastMu           sync.Mutex
	last             *crawl // whose pace Fetch keeps to
}

var _ ingest.Source = (*Source)(nil)

// New makes the source, or reports what is wrong with the settings.
func New(c Config, o Options) (*Source, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Source{config: c, options: o}
	for _, a := range c.Start {
		u, _ := parseStart(a) // validated
		s.starts = append(s.starts, u)
	}
	for _, a := range c.Sitemaps {
		u, _ := parseStart(a) // validated
		s.sitemaps = append(s.sitemaps, u)
	}
	var err error
	if s.client, err = fetch.NewClient(fetch.ClientOptions{
		UserAgent: fetch.UserAgent(o.Version, c.Contact), AllowPrivate: c.AllowPrivate,
	}); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	size := o.CacheMax
	if size <= 0 {
		size = defaultCacheMax
	}
	if s.cache, err = fetch.OpenCache(o.CacheDir, size); err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return s, nil
}

// Close closes idle connections.
func (s *Source) Close() error {
	s.client.Close()
	return nil
}

// Root is "web:" with the first start address, or the host of the first
// sitemap. Further addresses do not change it.
func (s *Source) Root() string {
	if len(s.starts) > 0 {
		return "web:" + s.starts[0].Host + s.starts[0].EscapedPath()
	}
	return "web:" + s.sitemaps[0].Host + "/"
}

// task is an address to be looked at.
type task struct {
	u       *url.URL
	depth   int
	hops    int  // redirects that led here
	sitemap int  // 1 and more: a sitemap, so deep in indexes
	start   bool // named in the settings
}

// answer is what became of a task.
type answer struct {
	rec   record
	old   record
	known bool // old is something
	same  bool
	err   error
}

// host is what is known of one origin.
type host struct {
	asking sync.Mutex
	asked  bool
	rules  rules
	err    error
}

// crawl is one run over a site.
type crawl struct {
	*Source
	scope   *scope
	rate    float64
	maxFile int64
	now     func() time.Time
	wait    func(context.Context, time.Duration) error

	mu    sync.Mutex // of next and hosts
	next  map[string]time.Time
	hosts map[string]*host

	// What follows belongs to the goroutine of List.
	yield     func(ingest.Item, error) bool
	stopped   bool
	queue     []task
	seen      map[string]bool
	traps     traps
	fresh     bool // the cache held nothing when we began
	whole     bool // a gap that covers everything was told
	gaps      int
	truncated bool
	items     int
	done      int
	listed    map[string]bool   // by address
	prints    map[string]string // by content, the address listed first
	deferred  []deferral
	failures  map[string]int // in a row, by origin
	down      map[string]bool
	sitemapsN int
}

// deferral is a page that names another one as the original.
type deferral struct {
	address, canonical string
	rec                record
	same               bool
}

// maxFailures in a row, and a host is left alone for this run.
const maxFailures = 5

func (s *Source) crawl() *crawl {
	c := &crawl{
		Source: s, scope: newScope(s.config, s.starts, s.sitemaps), rate: s.config.Rate, maxFile: s.options.MaxFile, now: s.options.Now, wait: s.options.Wait,
		next: map[string]time.Time{}, hosts: map[string]*host{}, seen: map[string]bool{}, listed: map[string]bool{}, prints: map[string]string{},
		failures: map[string]int{}, down: map[string]bool{},
	}
	if c.rate == 0 {
		c.rate = defaultRate
	}
	if c.maxFile <= 0 {
		c.maxFile = defaultMaxFile
	}
	if c.now == nil {
		c.now = time.Now
	}
	if c.wait == nil {
		c.wait = sleep
	}
	c.traps = traps{now: c.now(), shapes: map[string]int{}, copies: map[string]int{}, own: map[string]int{}}
	s.lastMu.Lock()
	s.last = c
	s.lastMu.Unlock()
	return c
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err() //nolint:wrapcheck // the end of the run
	}
}

// List reads the site, breadth first, and yields its pages and documents in an
// order that depends on the site only.
func (s *Source) List(ctx context.Context) iter.Seq2[ingest.Item, error] {
	return func(yield func(ingest.Item, error) bool) {
		c := s.crawl()
		c.yield = yield
		c.fresh = s.cache.Empty()
		began := time.Now().Add(-time.Second) // file systems round down
		for _, u := range s.starts {
			c.push(task{u: u, start: true})
		}
		for _, u := range s.sitemaps {
			c.push(task{u: u, start: true, sitemap: 1})
		}
		if s.config.RobotsSitemaps {
			c.fromRobots(ctx)
		}
		c.run(ctx)
		if c.stopped {
			return
		}
		if err := ctx.Err(); err != nil {
			yield(ingest.Item{}, fmt.Errorf("read %s: %w", s.Root(), err))
			return
		}
		c.settle()
		if c.stopped {
			return
		}
		if c.gaps > 0 {
			began = began.Add(-30 * 24 * time.Hour) // what could not be seen may come back
		}
		if err := s.cache.Prune(ctx, began); err != nil {
			yield(ingest.Item{}, err)
		}
	}
}

// fromRobots adds the sitemaps that the hosts of the start addresses name.
func (c *crawl) fromRobots(ctx context.Context) {
	asked := map[string]bool{}
	for _, u := range c.starts {
		if asked[origin(u)] {
			continue
		}
		asked[origin(u)] = true
		r, err := c.robots(ctx, u)
		if err != nil {
			continue // told with the start address
		}
		for _, address := range r.sitemaps {
			if m := resolve(u, address); m != nil {
				c.push(task{u: m, sitemap: 1})
			}
		}
	}
}

// run works the queue off: a few requests ahead, answers in the order of the queue.
func (c *crawl) run(parent context.Context) {
	ctx, cancel := context.WithCancel(parent)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	ahead := max(c.config.Concurrency, 1)
	pending := map[int]chan answer{}
	launched := 0
	for i := 0; i < len(c.queue) && !c.stopped && ctx.Err() == nil; i++ {
		for ; launched < min(len(c.queue), i+ahead); launched++ {
			t := c.queue[launched]
			if c.down[origin(t.u)] {
				continue // told by the gap of the host
			}
			if why := c.traps.barren(t.u); why != "" {
				c.tell(Skipped, t.u.String(), why)
				continue
			}
			ch := make(chan answer, 1)
			pending[launched] = ch
			wg.Go(func() { ch <- c.answer(ctx, t) })
		}
		c.done++
		if ch, ok := pending[i]; ok {
			delete(pending, i)
			a := <-ch
			if ctx.Err() != nil {
				return
			}
			c.take(c.queue[i], a)
		}
		c.queue[i].u = nil // a long queue is let go as it is worked off
	}
}

func (c *crawl) answer(ctx context.Context, t task) answer {
	key := t.u.String()
	var a answer
	a.known = c.cache.Load(key, &a.old) && a.old.Kind != unknown && a.old.Kind != gone
	a.rec, a.same, a.err = c.look(ctx, t.u, t.sitemap > 0, a.old)
	if ctx.Err() != nil {
		return a
	}
	switch {
	case a.err == nil && !a.same:
		a.same = a.known && a.old.tag() == a.rec.tag() && a.old.Kind == a.rec.Kind
		if err := c.cache.Save(key, a.rec); err != nil {
			a.err = err
		}
	case a.err == nil || a.known:
		c.cache.Touch(key, time.Now())
	case errors.Is(a.err, errForbidden):
	default:
		_ = c.cache.Save(key, record{Form: form, Kind: unknown}) // losing it costs caution only
	}
	return a
}

// push adds an address unless it was seen, is out of scope or a trap.
func (c *crawl) push(t task) {
	if !t.start && t.sitemap == 0 {
		u, why := c.scope.fit(t.u)
		if why != "" {
			return // the web is full of them
		}
		t.u = u
	}
	key := t.u.String()
	if c.seen[key] {
		return
	}
	if !t.start && t.sitemap == 0 {
		if isNever(t.u) {
			return
		}
		if why := c.traps.caught(t.u); why != "" {
			c.seen[key] = true
			c.tell(Skipped, key, why)
			return
		}
	}
	if t.sitemap > 0 {
		if c.sitemapsN++; c.sitemapsN > maxSitemaps || t.sitemap > maxNesting {
			c.gap("", fmt.Errorf("%s is sitemap number %d, %d deep; name fewer", fetch.Redact(key), c.sitemapsN, t.sitemap))
			return
		}
	}
	most := c.config.MaxPages
	if most == 0 {
		most = defaultPages
	}
	if len(c.queue) >= most {
		c.truncated = true
		return
	}
	c.seen[key] = true
	c.queue = append(c.queue, t)
}

// take deals with an answer. It is called in the order of the queue.
func (c *crawl) take(t task, a answer) {
	key := t.u.String()
	if a.err != nil {
		c.failed(t, a)
		return
	}
	c.failures[origin(t.u)] = 0
	switch a.rec.Kind {
	case aRedirect:
		c.redirected(t, a.rec)
	case gone:
		if t.start {
			c.gap("", fmt.Errorf("%s answers that it does not exist; correct the address", fetch.Redact(key)))
			return
		}
		c.tell(Gone, key, "")
	case unread:
		c.tell(Skipped, key, "nothing that is read here ("+a.rec.Type+")")
	case aSitemap:
		c.follow(t, a.rec)
	default:
		c.item(t, a.rec, a.same)
		c.follow(t, a.rec)
	}
}

// follow adds where a page or sitemap leads.
func (c *crawl) follow(t task, rec record) {
	for _, s := range rec.Sitemaps {
		if u := known(s); u != nil && sameSite(u.Hostname(), t.u.Hostname()) {
			c.push(task{u: u, sitemap: t.sitemap + 1})
		}
	}
	depth := t.depth + 1
	if rec.Kind == aSitemap {
		depth = 0
	}
	most := defaultDepth
	if c.config.Depth != nil {
		most = *c.config.Depth
	}
	if rec.NoFollow || depth > most {
		return
	}
	for _, l := range rec.Links {
		if u := known(l); u != nil {
			c.push(task{u: u, depth: depth})
		}
	}
}

// known is an address that we wrote ourselves.
func known(address string) *url.URL {
	u, err := url.Parse(address)
	if err != nil {
		return nil
	}
	return u
}

func (c *crawl) redirected(t task, rec record) {
	key := t.u.String()
	to := known(rec.Location)
	if to == nil || t.hops >= 5 {
		c.lost(t, errors.New("it redirects again and again"))
		return
	}
	if t.start && sameSite(to.Hostname(), t.u.Hostname()) {
		// "example.com" is often at home at "www.example.com".
		c.scope.add(to, folder(to.EscapedPath()))
		if t.u.Host != to.Host {
			for _, f := range c.scope.folders[t.u.Host] {
				c.scope.add(to, f)
			}
		}
	}
	if _, why := c.scope.fit(to); why != "" && t.sitemap == 0 {
		if t.start {
			c.gap("", fmt.Errorf("%s redirects to %s; name that address if it is meant", fetch.Redact(key), fetch.Redact(rec.Location)))
			return
		}
		c.tell(Skipped, key, "it redirects to "+fetch.Redact(rec.Location)+", "+why)
		return
	}
	c.tell(Skipped, key, "it redirects to "+fetch.Redact(rec.Location))
	c.push(task{u: to, depth: t.depth, hops: t.hops + 1, sitemap: t.sitemap, start: t.start})
}

// failed keeps what was known of an address, and what it led to.
func (c *crawl) failed(t task, a answer) {
	key := t.u.String()
	if errors.Is(a.err, errForbidden) {
		if t.start {
			c.gap("", fmt.Errorf("%s: robots.txt forbids it to us; ask the owner of the site to allow %q", fetch.Redact(key), product))
			return
		}
		c.tell(Skipped, key, a.err.Error())
		return
	}
	at := origin(t.u)
	if errors.Is(a.err, errNoRobots) {
		if !c.down[at] {
			c.down[at] = true
			c.gap(at, a.err)
		}
		return
	}
	if se, ok := errors.AsType[*statusError](a.err); !ok || se.code >= 500 || se.code == 429 {
		c.failures[at]++
	}
	c.gap(key, a.err)
	switch {
	case a.known:
		// It is kept by the gap; others must still count as its copies.
		if rec := a.old; !rec.NoIndex && (rec.Kind == aPage || rec.Kind == aFile) && rec.Canonical == "" {
			c.listed[key] = true
			c.first(key, rec)
		}
		if a.old.Kind == aRedirect {
			c.redirected(t, a.old)
		} else {
			c.follow(t, a.old)
		}
	case t.start || c.fresh:
		c.lost(t, errors.New("what it leads to is not known, so nothing is taken for gone"))
	}
	if c.failures[at] >= maxFailures && !c.down[at] {
		c.down[at] = true
		c.gap(at, fmt.Errorf("%d requests in a row failed, so nothing more is asked in this run; try again later", maxFailures))
	}
}

// lost tells that the rest of the source may hang on what was not seen.
func (c *crawl) lost(t task, err error) {
	if !t.start && !c.fresh {
		c.gap(t.u.String(), err)
		return
	}
	if !c.whole {
		c.gap("", fmt.Errorf("%s: %w", fetch.Redact(t.u.String()), err))
	}
}

// item lists a page or document, unless it is not to be.
func (c *crawl) item(t task, rec record, same bool) {
	key := t.u.String()
	if rec.NoIndex {
		c.tell(Skipped, key, "it says noindex")
		return
	}
	if to := c.original(key, rec); to != nil {
		c.deferred = append(c.deferred, deferral{address: key, canonical: to.String(), rec: rec, same: same})
		c.push(task{u: to, depth: t.depth})
		return
	}
	c.list(key, rec, same)
}

// original is the page that this one names as its original, when it is one of
// ours and another. A start page is the original of nothing but itself: many
// sites name it on every page by mistake.
func (c *crawl) original(key string, rec record) *url.URL {
	if rec.Canonical == "" || rec.Canonical == key {
		return nil
	}
	to, why := c.scope.fit(known(rec.Canonical))
	if why != "" || to.String() == key {
		return nil
	}
	here := known(key)
	if to.EscapedPath() == "/" && to.RawQuery == "" && here.EscapedPath() != "/" {
		return nil
	}
	return to
}

// first reports whether nothing else had this content, else what had.
func (c *crawl) first(key string, rec record) (string, bool) {
	print := rec.tag()
	if rec.Over > 0 || print == "" {
		return "", true
	}
	if other, ok := c.prints[print]; ok && other != key {
		return other, false
	}
	c.prints[print] = key
	return "", true
}

func (c *crawl) list(key string, rec record, same bool) {
	if other, ok := c.first(key, rec); !ok {
		c.traps.saw(known(key), false)
		c.tell(Skipped, key, "the same as "+fetch.Redact(other))
		return
	}
	c.traps.saw(known(key), true)
	c.listed[key] = true
	c.items++
	what := Listed
	if same {
		what = Same
	}
	c.tell(what, key, "")
	size := rec.Body.Size
	if rec.Over > 0 {
		size = rec.Over
	}
	it := ingest.Item{Path: key, Size: size, Tag: rec.tag()}
	if t, err := parseModified(rec.LastModified); err == nil {
		it.Modified = t
	}
	if !c.yield(it, nil) {
		c.stopped = true
	}
}

// settle lists the pages whose originals turned out not to be there, and tells
// of a site that has more.
func (c *crawl) settle() {
	for _, d := range c.deferred {
		if c.stopped {
			return
		}
		if c.listed[d.canonical] {
			c.tell(Skipped, d.address, "it is "+fetch.Redact(d.canonical))
			continue
		}
		c.list(d.address, d.rec, d.same)
	}
	if c.truncated && !c.stopped {
		c.gap("", fmt.Errorf("the site has more than the %d addresses that are asked for, and the rest was not seen; raise max_pages, or narrow allow and deny", len(c.queue)))
	}
	if c.items == 0 && c.gaps == 0 && !c.stopped {
		c.gap("", errors.New("no page or document was found, so nothing is taken for gone; check start, allow and deny, and whether the pages say noindex"))
	}
	c.compare()
}

// extent is how much a site had when all of it could be seen.
type extent struct {
	Items  int  `json:"items"`
	Shrunk bool `json:"shrunk,omitempty"` // it had much less in the run after
}

// compare doubts a site that lost more than half of its pages since the last
// run: it may be under maintenance with an answer that looks like a page. Only
// when the next run finds the same are the pages taken for gone.
func (c *crawl) compare() {
	const few = 10
	var last extent
	known := c.cache.Load(c.Root(), &last)
	switch {
	case c.stopped:
	case c.gaps > 0:
		c.cache.Touch(c.Root(), time.Now())
	case known && last.Items >= few && 2*c.items < last.Items && !last.Shrunk:
		last.Shrunk = true
		if err := c.cache.Save(c.Root(), last); err != nil {
			c.stop(err)
			return
		}
		c.gap("", fmt.Errorf("only %d of the %d pages and documents of the last run were found, so nothing is taken for gone yet; when the next run finds no more, it is", c.items, last.Items))
	default:
		if err := c.cache.Save(c.Root(), extent{Items: c.items}); err != nil {
			c.stop(err)
		}
	}
}

// stop ends the listing with an error.
func (c *crawl) stop(err error) {
	c.yield(ingest.Item{}, err)
	c.stopped = true
}

func (c *crawl) gap(path string, err error) {
	c.gaps++
	c.whole = c.whole || path == ""
	c.tell(Missed, path, err.Error())
	if !c.stopped && !c.yield(ingest.Item{}, &ingest.Gap{Path: path, Err: err}) {
		c.stopped = true
	}
}

func (c *crawl) tell(what What, address, reason string) {
	if c.options.Progress != nil {
		if address != "" {
			address = fetch.Redact(address)
		}
		c.options.Progress(Progress{What: what, Address: address, Reason: reason, Done: c.done, Known: len(c.queue), Items: c.items})
	}
}

// Fetch gives the file in the cache; what the cache had no room for is asked
// for again.
func (s *Source) Fetch(ctx context.Context, it ingest.Item, limit int64) (path string, release func(), err error) {
	release = func() {}
	u, err := parseStart(it.Path)
	if err != nil || u.String() != it.Path {
		return "", release, fmt.Errorf("%s is not an address of this source: %w", fetch.Redact(it.Path), fs.ErrNotExist)
	}
	if !slices.ContainsFunc(slices.Concat(s.starts, s.sitemaps), func(o *url.URL) bool { return sameSite(o.Hostname(), u.Hostname()) }) {
		return "", release, fmt.Errorf("%s is not an address of this source: %w", fetch.Redact(it.Path), fs.ErrNotExist)
	}
	var rec record
	if s.cache.Load(it.Path, &rec) && rec.Form == form {
		if path, release, ok, err := s.pin(it.Path, rec, limit); ok || err != nil {
			return path, release, err
		}
	}
	s.lastMu.Lock()
	c := s.last
	s.lastMu.Unlock()
	if c == nil {
		c = s.crawl()
	}
	rec, _, err = c.look(ctx, u, false, record{})
	if err != nil {
		return "", release, fmt.Errorf("fetch %s: %w", fetch.Redact(it.Path), err)
	}
	if rec.Kind != aPage && rec.Kind != aFile {
		return "", release, fmt.Errorf("%s is no longer a page or document: %w", fetch.Redact(it.Path), fs.ErrNotExist)
	}
	path, release, ok, err := s.pin(it.Path, rec, limit)
	if err == nil && !ok {
		err = fmt.Errorf("%s: the cache is too small for it; raise its size", fetch.Redact(it.Path))
	}
	return path, release, err
}

func (s *Source) pin(address string, rec record, limit int64) (path string, release func(), ok bool, err error) {
	if size := max(rec.Over, rec.Body.Size); size > limit || rec.Over > 0 {
		return "", func() {}, false, fmt.Errorf("%s has %d bytes or more, %d are allowed: %w", fetch.Redact(address), size, min(limit, size-1), ingest.ErrTooLarge)
	}
	path, release, ok = s.cache.Pin(rec.Body)
	return path, release, ok, nil
}
