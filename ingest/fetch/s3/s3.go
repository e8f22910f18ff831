// Package s3 is a source that reads a bucket of Amazon S3 or of a server that
// speaks its protocol (MinIO, Ceph, Garage, OVH, Hetzner and others).
//
// An item's path is the object's key below the prefix; its tag is the ETag, so
// an unchanged object is never fetched twice. Keys are data: no local file is
// ever named after one. Folder markers are passed over, and what is in folders
// ([ingest.PassedOver]). It needs the rights s3:ListBucket and s3:GetObject,
// and never writes.
package s3

import (
	"bufio"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch"
	"github.com/sufflor/sufflor/ingest/pattern"
)

const (
	maxObjects = 1_000_000
	maxListing = 64 << 20 // bytes of one page of a listing
	maxRetries = 3
	maxMessage = 200 // bytes of what a server says that we repeat
)

// Config is a bucket as a source. Secrets come with [Options].
type Config struct {
	// Endpoint is the server, "https://s3.example.com"; empty is Amazon's of
	// the region. Plain http needs the host under allow_private.
	Endpoint  string `yaml:"endpoint"`
	Region    string `yaml:"region"` // "eu-central-1"; may be empty on other servers
	Bucket    string `yaml:"bucket"`
	Prefix    string `yaml:"prefix"`     // a folder in the bucket; empty is all of it
	PathStyle bool   `yaml:"path_style"` // the bucket stands in the path, not in the host name; most servers but Amazon's need it
	Anonymous bool   `yaml:"anonymous"`  // the bucket is public and no key is used
	AccessKey string `yaml:"access_key"` // the key's id

	// AllowPrivate are networks, addresses and host names that need not be public.
	AllowPrivate []string `yaml:"allow_private"`
}

// Options are what the surrounding program adds to the settings.
type Options struct {
	SecretKey    string // of AccessKey; never logged or shown
	SessionToken string // of temporary keys; may be empty
	Version      string // of the program, for the User-Agent
	TempDir      string // for objects being read; empty is the system's
}

// String hides the secrets from %v.
func (Options) String() string { return "[options]" }

// GoString hides the secrets from %#v.
func (Options) GoString() string { return "[options]" }

var bucketName = pattern.Lazy(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// Validate reports everything that is wrong with the settings.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Endpoint == "" && c.Region == "" {
		bad(`region: required for Amazon S3, such as "eu-central-1"; for another server name its endpoint`)
	}
	if c.Endpoint != "" {
		if _, err := c.server(); err != nil {
			bad("endpoint: %w", err)
		}
	}
	if c.Bucket == "" {
		bad("bucket: required; name the bucket alone, without s3://")
	} else if !bucketName().MatchString(c.Bucket) {
		bad("bucket: %q is no bucket name; name the bucket alone, without s3:// and folders", c.Bucket)
	}
	if strings.ContainsAny(c.Prefix, "\\\x00") || strings.Contains("/"+c.Prefix+"/", "/../") {
		bad(`prefix: %q must be a folder in the bucket, such as "manuals/"`, c.Prefix)
	}
	if c.Anonymous && c.AccessKey != "" {
		bad("access_key: must be empty when anonymous is set; remove one of the two")
	}
	if !c.Anonymous && c.AccessKey == "" {
		bad("access_key: required; or set anonymous for a public bucket")
	}
	if err := fetch.CheckExceptions(c.AllowPrivate); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// server is the endpoint as an address.
func (c Config) server() (*url.URL, error) {
	text := c.Endpoint
	if text == "" {
		text = "https://s3." + c.Region + ".amazonaws.com"
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, fmt.Errorf("%q is not an address; write it as https://s3.example.com", fetch.Redact(text))
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%q must start with https://", fetch.Redact(text))
	case u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("%q must be a server alone; the bucket and keys have settings of their own", fetch.Redact(text))
	case u.Scheme == "http" && len(c.AllowPrivate) == 0:
		return nil, fmt.Errorf("%q must start with https://, or be an inner server that allow_private lists", fetch.Redact(text))
	}
	return u, nil
}

// Source is a bucket, or a folder of it. It implements [ingest.Source].
type Source struct {
	config Config
	prefix string // ends with "/", or is empty
	host   string
	temp   string
	client *minio.Core
	http   *fetch.Client
}

var _ ingest.Source = (*Source)(nil)

// New makes the source, or reports what is wrong with the settings. It does
// not ask the server yet.
func New(c Config, o Options) (*Source, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if !c.Anonymous && o.SecretKey == "" {
		return nil, errors.New("secret_key: required with access_key")
	}
	server, err := c.server()
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	client, err := fetch.NewClient(fetch.ClientOptions{
		UserAgent: fetch.UserAgent(o.Version, ""), AllowPrivate: c.AllowPrivate,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	creds := credentials.NewStaticV4(c.AccessKey, o.SecretKey, o.SessionToken)
	if c.Anonymous {
		creds = credentials.New(&credentials.Static{Value: credentials.Value{SignerType: credentials.SignatureAnonymous}})
	}
	lookup := minio.BucketLookupAuto
	if c.PathStyle {
		lookup = minio.BucketLookupPath
	}
	core, err := minio.NewCore(server.Host, &minio.Options{
		Creds: creds, Secure: server.Scheme == "https", Region: c.Region, BucketLookup: lookup, MaxRetries: maxRetries,
		Transport: transport{client.Transport(), fetch.UserAgent(o.Version, "")},
	})
	if err != nil {
		return nil, fmt.Errorf("endpoint: %w", err)
	}
	prefix := strings.TrimLeft(c.Prefix, "/")
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	return &Source{config: c, prefix: prefix, host: server.Host, temp: o.TempDir, client: core, http: client}, nil
}

// transport bounds the answers that minio-go reads into memory, and names us.
type transport struct {
	next  http.RoundTripper
	agent string
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("User-Agent", t.agent) // signed requests leave it out of the signature
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err //nolint:wrapcheck // a transport passes errors on
	}
	query := r.URL.Query()
	if resp.StatusCode >= 300 || query.Has("list-type") || query.Has("location") {
		resp.Body = bounded{io.LimitReader(resp.Body, maxListing), resp.Body}
	}
	if resp.StatusCode == http.StatusOK && resp.Header.Get("Last-Modified") == "" {
		// The library refuses an object without it; we go by the listing.
		resp.Header.Set("Last-Modified", time.Unix(0, 0).UTC().Format(http.TimeFormat))
	}
	if resp.StatusCode == http.StatusOK && query.Has("list-type") {
		// The library takes any XML, a web page too, for an empty bucket.
		head := bufio.NewReader(resp.Body)
		resp.Body = bounded{head, resp.Body}
		if start, _ := head.Peek(1024); !isListing(start) {
			_ = resp.Body.Close()
			return nil, errNoListing
		}
	}
	return resp, nil
}

var errNoListing = errors.New("the answer is not that of an S3 server; name the address of its API, not of its console or web site")

// isListing reports whether the first element is that of a listing.
func isListing(start []byte) bool {
	dec := xml.NewDecoder(bytes.NewReader(start))
	for {
		tok, err := dec.RawToken()
		if err != nil {
			return false
		}
		if e, ok := tok.(xml.StartElement); ok {
			return e.Name.Local == "ListBucketResult"
		}
	}
}

type bounded struct {
	io.Reader
	io.Closer
}

// Close closes idle connections.
func (s *Source) Close() error {
	s.http.Close()
	return nil
}

// Root is "s3:" with server, bucket and prefix.
func (s *Source) Root() string {
	return strings.TrimSuffix("s3:"+s.host+"/"+s.config.Bucket+"/"+s.prefix, "/")
}

// List yields the objects in the order of the server, which on Amazon's and
// most others is that of the keys.
func (s *Source) List(ctx context.Context) iter.Seq2[ingest.Item, error] {
	return func(yield func(ingest.Item, error) bool) {
		objects := 0
		noOwner := false
		for o := range s.client.ListObjectsIter(ctx, s.config.Bucket, minio.ListObjectsOptions{Prefix: s.prefix, Recursive: true, FetchOwner: &noOwner}) {
			if o.Err != nil {
				yield(ingest.Item{}, fmt.Errorf("list %s: %w", s.Root(), s.explain(o.Err, "")))
				return
			}
			if objects++; objects > maxObjects {
				yield(ingest.Item{}, fmt.Errorf("list %s: more than %d objects; name a folder under prefix", s.Root(), maxObjects))
				return
			}
			key, below := strings.CutPrefix(o.Key, s.prefix)
			if !below || key == "" || strings.HasSuffix(key, "/") || ingest.PassedOver(key) {
				continue
			}
			if err := fetch.CheckName(key); err != nil {
				if !yield(ingest.Item{}, &ingest.Gap{Path: strings.ToValidUTF8(strings.Trim(fmt.Sprintf("%.200q", key), `"`), "?"), Err: err}) {
					return
				}
				continue
			}
			if !yield(ingest.Item{Path: key, Size: o.Size, Modified: o.LastModified, Tag: o.ETag}, nil) {
				return
			}
		}
		// The library ends without a word when the context does.
		if err := ctx.Err(); err != nil {
			yield(ingest.Item{}, fmt.Errorf("list %s: %w", s.Root(), err))
		}
	}
}

// Fetch brings an object into a private file.
func (s *Source) Fetch(ctx context.Context, it ingest.Item, limit int64) (path string, release func(), err error) {
	release = func() {}
	if it.Size > limit {
		return "", release, fmt.Errorf("%s has %d bytes, %d are allowed: %w", it.Path, it.Size, limit, ingest.ErrTooLarge)
	}
	if err := fetch.CheckName(it.Path); err != nil {
		return "", release, fmt.Errorf("%q: %w", it.Path, err)
	}
	if s.http.Silent() { // the library would try several times, with pauses
		return "", release, fmt.Errorf("fetch %s: %w", it.Path, fetch.ErrSilent)
	}
	ctx, cancel := context.WithCancel(ctx) // ends the call when the object is larger than it was
	defer cancel()
	body, _, _, err := s.client.GetObject(ctx, s.config.Bucket, s.prefix+it.Path, minio.GetObjectOptions{})
	if err != nil {
		return "", release, fmt.Errorf("fetch %s: %w", it.Path, s.explain(err, it.Path))
	}
	path, release, err = fetch.Temp(s.temp, fetch.Extension(it.Path), body, limit)
	if err := errors.Join(err, body.Close()); err != nil {
		release()
		return "", func() {}, fmt.Errorf("fetch %s: %w", it.Path, err)
	}
	return path, release, nil
}

// explain says which setting is to be corrected.
func (s *Source) explain(err error, key string) error {
	if errors.Is(err, ingest.ErrTooLarge) || errors.Is(err, context.Canceled) || fetch.IsRefused(err) {
		return err
	}
	r, answered := errors.AsType[minio.ErrorResponse](err)
	if !answered {
		if dns, ok := errors.AsType[*net.DNSError](err); ok {
			return fmt.Errorf("the host %q is not known; check endpoint, region and bucket, and set path_style if it is not Amazon's: %w", dns.Name, err)
		}
		return fmt.Errorf("the server was not reached; check endpoint: %w", err)
	}
	said := strings.TrimSpace(r.Code + " " + strings.ToValidUTF8(r.Message[:min(len(r.Message), maxMessage)], ""))
	wrap := func(advice string) error { return fmt.Errorf("%s (the server says: %s)", advice, said) }
	switch r.Code {
	case "NoSuchBucket":
		return wrap(fmt.Sprintf("bucket: %q does not exist there; check bucket, endpoint and region", s.config.Bucket))
	case "InvalidBucketName":
		return wrap("bucket: the server takes it for no bucket name; check bucket and path_style")
	case "NoSuchKey":
		return fmt.Errorf("it is gone: %w", fs.ErrNotExist)
	case "InvalidAccessKeyId":
		return wrap("access_key: the server does not know it; check access_key and endpoint")
	case "SignatureDoesNotMatch":
		return wrap("secret_key: it does not belong to access_key; check both, and the region")
	case "ExpiredToken", "InvalidToken":
		return wrap("session token: it is not valid any more; take new keys")
	case "RequestTimeTooSkewed", "RequestExpired":
		return wrap("the clock of this machine is wrong by more than the server allows; set it right")
	case "AuthorizationHeaderMalformed", "PermanentRedirect", "IllegalLocationConstraintException", "TemporaryRedirect", "MovedPermanently":
		if r.Region != "" {
			return wrap(fmt.Sprintf("region: the bucket lies in %q; correct region and endpoint", r.Region))
		}
		return wrap("region: the bucket lies in another one; correct region and endpoint")
	case "InvalidObjectState":
		return wrap("it lies in an archive class and must be restored before it can be read")
	case "AccessDenied", "AllAccessDisabled", "Forbidden":
		return wrap(s.denied(key))
	}
	switch {
	case r.StatusCode == http.StatusForbidden || r.StatusCode == http.StatusUnauthorized:
		return wrap(s.denied(key))
	case r.StatusCode == http.StatusNotFound && key != "":
		return fmt.Errorf("it is gone: %w", fs.ErrNotExist)
	case r.StatusCode == http.StatusNotFound:
		return wrap("the server knows no such bucket; check bucket, endpoint and path_style")
	case r.StatusCode >= 300 && r.StatusCode < 400:
		return wrap("endpoint: the server sends us elsewhere; correct endpoint and region")
	}
	return wrap(fmt.Sprintf("the server answers %d", r.StatusCode))
}

func (s *Source) denied(key string) string {
	right := "s3:ListBucket on the bucket"
	if key != "" {
		right = "s3:GetObject on its objects"
	}
	if s.config.Anonymous {
		return "anonymous: the bucket is not public; set access_key and secret_key, or allow everybody " + right
	}
	return "access_key: it may not read here; give it the right " + right
}
