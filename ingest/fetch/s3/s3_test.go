package s3_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/fetch"
	"github.com/sufflor/sufflor/ingest/fetch/fetchtest"
	"github.com/sufflor/sufflor/ingest/fetch/s3"
)

// server speaks the part of the S3 protocol that a reader needs: a listing in
// pages of two, objects, and errors as Amazon writes them.
type server struct {
	*httptest.Server
	mu      sync.Mutex
	objects map[string]string
	fail    string // an error code for every request
	region  string // in which the bucket lies
	agents  []string
	pages   int
	located bool // the client asked for the region
}

func newServer(t *testing.T, objects map[string]string) *server {
	t.Helper()
	s := &server{objects: objects}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

var statuses = map[string]int{
	"AccessDenied": 403, "NoSuchBucket": 404, "InvalidAccessKeyId": 403, "SignatureDoesNotMatch": 403, "RequestTimeTooSkewed": 403,
	"AuthorizationHeaderMalformed": 400, "PermanentRedirect": 301, "InvalidObjectState": 403, "NoSuchKey": 404, "TeapotError": 418,
}

func refuse(w http.ResponseWriter, code, region string) {
	w.Header().Set("Content-Type", "application/xml")
	if region != "" {
		w.Header().Set("x-amz-bucket-region", region)
	}
	w.WriteHeader(statuses[code])
	fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>says the server</Message><Region>%s</Region></Error>`, code, region)
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.agents = append(s.agents, r.UserAgent())
	auth := r.Header.Get("Authorization")
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case s.fail != "":
		refuse(w, s.fail, s.region)
	case bucket != "docs":
		refuse(w, "NoSuchBucket", "")
	case auth != "" && (!strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential=reader/") || !strings.Contains(auth, "Signature=") || r.Header.Get("X-Amz-Date") == ""):
		refuse(w, "InvalidAccessKeyId", "")
	case r.URL.Query().Has("location"):
		s.located = true
		io.WriteString(w, `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-central-1</LocationConstraint>`)
	case s.located && !strings.Contains(auth, "/eu-central-1/s3/"):
		refuse(w, "AuthorizationHeaderMalformed", "eu-central-1")
	case r.URL.Query().Get("list-type") == "2":
		s.list(w, r.URL.Query())
	case r.Method == http.MethodGet && key != "":
		body, ok := s.objects[key]
		if !ok {
			refuse(w, "NoSuchKey", "")
			return
		}
		w.Header().Set("ETag", tag(body))
		if key != "undated.txt" {
			w.Header().Set("Last-Modified", stamp.Format(http.TimeFormat))
		}
		io.WriteString(w, body)
	default:
		http.Error(w, "not known here", http.StatusNotImplemented)
	}
}

var stamp = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func tag(body string) string {
	sum := md5.Sum([]byte(body))
	return `"` + hex.EncodeToString(sum[:]) + `"`
}

func (s *server) list(w http.ResponseWriter, q url.Values) {
	type object struct {
		Key, LastModified, ETag string
		Size                    int
	}
	var answer struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		IsTruncated           bool
		NextContinuationToken string `xml:",omitempty"`
		EncodingType          string
		Contents              []object
	}
	s.pages++
	var keys []string
	for k := range s.objects {
		if strings.HasPrefix(k, q.Get("prefix")) && k > q.Get("continuation-token") {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	if len(keys) > 2 {
		keys, answer.IsTruncated, answer.NextContinuationToken = keys[:2], true, keys[1]
	}
	answer.EncodingType = q.Get("encoding-type")
	for _, k := range keys {
		name := k
		if answer.EncodingType == "url" {
			name = strings.ReplaceAll(url.QueryEscape(k), "%2F", "/")
		}
		answer.Contents = append(answer.Contents, object{name, stamp.Format(time.RFC3339), tag(s.objects[k]), len(s.objects[k])})
	}
	w.Header().Set("Content-Type", "application/xml")
	xml.NewEncoder(w).Encode(answer)
}

const secret = "hunter2hunter2"

func source(t *testing.T, s *server, change func(*s3.Config, *s3.Options)) *s3.Source {
	t.Helper()
	c := s3.Config{Endpoint: s.URL, Region: "eu-central-1", Bucket: "docs", PathStyle: true, AccessKey: "reader", AllowPrivate: []string{"127.0.0.1"}}
	o := s3.Options{SecretKey: secret, Version: "test", TempDir: t.TempDir()}
	if change != nil {
		change(&c, &o)
	}
	src, err := s3.New(c, o)
	require.NoError(t, err)
	t.Cleanup(func() { src.Close() })
	return src
}

func TestABucketIsListedPageByPage(t *testing.T) {
	s := newServer(t, map[string]string{
		"manuals/": "", "manuals/a.pdf": "%PDF-1.7", "manuals/Handbücher/Pumpe +3 & mehr.txt": "Pumpe", "manuals/z.csv": "a;b", "other/b.txt": "b",
		"manuals/.DS_Store": "x", "manuals/~$a.docx": "x", "manuals/half.part": "x", "manuals/@eaDir/a.pdf": "x", "manuals/empty/": "", "manualsnot.txt": "x", "manuals/../../etc/passwd": "root", "manuals//double": "x", "manuals/nul\x01": "x",
	})
	src := source(t, s, func(c *s3.Config, _ *s3.Options) { c.Prefix = "/manuals" })
	require.Equal(t, "s3:"+strings.TrimPrefix(s.URL, "http://")+"/docs/manuals", src.Root())
	items, gaps, err := fetchtest.List(t.Context(), src)
	require.NoError(t, err)
	require.Equal(t, []string{"Handbücher/Pumpe +3 & mehr.txt", "a.pdf", "z.csv"}, fetchtest.Paths(items))
	require.Len(t, gaps, 2, "names that cannot be kept are told: %v", gaps)
	require.Greater(t, s.pages, 3)
	require.Equal(t, ingest.Item{Path: "a.pdf", Size: 8, Modified: stamp, Tag: strings.Trim(tag("%PDF-1.7"), `"`)}, items[1])
	for _, a := range s.agents {
		require.Equal(t, "sufflor/test", a)
	}
}

func TestObjectsAreFetchedIntoPrivateFiles(t *testing.T) {
	s := newServer(t, map[string]string{"a b/ü.TXT": "hello", "big.txt": strings.Repeat("x", 100), "undated.txt": "x"})
	dir := ""
	src := source(t, s, func(_ *s3.Config, o *s3.Options) { dir = o.TempDir })
	items, _, err := fetchtest.List(t.Context(), src)
	require.NoError(t, err)
	name, release, err := src.Fetch(t.Context(), items[0], 5)
	require.NoError(t, err)
	data, err := os.ReadFile(name)
	require.NoError(t, err)
	require.Equal(t, "hello", string(data))
	require.True(t, strings.HasSuffix(name, ".txt"))
	release()

	_, release, err = src.Fetch(t.Context(), items[2], 5)
	require.NoError(t, err, "a server that gives no time")
	release()
	_, release, err = src.Fetch(t.Context(), items[1], 99)
	require.ErrorIs(t, err, ingest.ErrTooLarge)
	release()
	items[1].Size = -1 // it grew since it was listed
	_, release, err = src.Fetch(t.Context(), items[1], 99)
	require.ErrorIs(t, err, ingest.ErrTooLarge)
	release()
	_, release, err = src.Fetch(t.Context(), ingest.Item{Path: "went.txt"}, 99)
	require.ErrorIs(t, err, fs.ErrNotExist)
	release()
	for _, p := range []string{"../x", "/etc/passwd", "a\x00", ""} {
		_, release, err = src.Fetch(t.Context(), ingest.Item{Path: p}, 99)
		require.Error(t, err)
		release()
	}
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestTheServerIsAskedForARegionThatIsNotNamed(t *testing.T) {
	s := newServer(t, map[string]string{"a.txt": "a"})
	items, _, err := fetchtest.List(t.Context(), source(t, s, func(c *s3.Config, _ *s3.Options) { c.Region = "" }))
	require.NoError(t, err)
	require.Len(t, items, 1)
	require.True(t, s.located)
}

func TestAnonymous(t *testing.T) {
	s := newServer(t, map[string]string{"a.txt": "a"})
	src := source(t, s, func(c *s3.Config, o *s3.Options) { c.Anonymous, c.AccessKey, o.SecretKey = true, "", "" })
	items, _, err := fetchtest.List(t.Context(), src)
	require.NoError(t, err)
	require.Len(t, items, 1)
	s.fail = "AccessDenied"
	_, _, err = fetchtest.List(t.Context(), src)
	require.ErrorContains(t, err, "anonymous: the bucket is not public")
}

func TestErrorsNameWhatToCorrect(t *testing.T) {
	for code, want := range map[string]string{
		"AccessDenied": "s3:ListBucket", "NoSuchBucket": "bucket:", "InvalidAccessKeyId": "access_key:", "SignatureDoesNotMatch": "secret_key:",
		"RequestTimeTooSkewed": "clock", "AuthorizationHeaderMalformed": "region:", "PermanentRedirect": "region:", "TeapotError": "418",
	} {
		t.Run(code, func(t *testing.T) {
			s := newServer(t, map[string]string{})
			s.fail = code
			items, gaps, err := fetchtest.List(t.Context(), source(t, s, nil))
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "says the server")
			require.NotContains(t, err.Error(), secret)
			require.Empty(t, items)
			require.Empty(t, gaps)
		})
	}
	t.Run("an object that may not be read", func(t *testing.T) {
		s := newServer(t, map[string]string{})
		s.fail = "AccessDenied"
		_, release, err := source(t, s, nil).Fetch(t.Context(), ingest.Item{Path: "a.txt"}, 10)
		release()
		require.ErrorContains(t, err, "s3:GetObject")
	})
	t.Run("an object in the archive", func(t *testing.T) {
		s := newServer(t, map[string]string{})
		s.fail = "InvalidObjectState"
		_, release, err := source(t, s, nil).Fetch(t.Context(), ingest.Item{Path: "a.txt"}, 10)
		release()
		require.ErrorContains(t, err, "archive")
	})
	t.Run("the region that the server names", func(t *testing.T) {
		s := newServer(t, map[string]string{})
		s.fail, s.region = "TeapotError", "us-west-2"
		s.fail = "PermanentRedirect"
		_, _, err := fetchtest.List(t.Context(), source(t, s, nil))
		require.ErrorContains(t, err, "region:")
	})
	t.Run("an inner address", func(t *testing.T) {
		s := newServer(t, map[string]string{})
		src := source(t, s, func(c *s3.Config, _ *s3.Options) { c.AllowPrivate = []string{"10.0.0.0/8"} })
		_, _, err := fetchtest.List(t.Context(), src)
		require.ErrorContains(t, err, "allow_private")
	})
	t.Run("nobody there", func(t *testing.T) {
		s := newServer(t, map[string]string{})
		src := source(t, s, nil)
		s.Close()
		_, _, err := fetchtest.List(t.Context(), src)
		require.ErrorContains(t, err, "check endpoint")
	})
}

func TestAListingThatIsCutShortIsNoEmptyBucket(t *testing.T) {
	answers := map[string]string{
		"in the middle": `<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a.txt</Key><Size>1</Size></Contents><Contents><Key>b`,
		"no XML":        `<html><body>Welcome</body></html>`,
		"no next page":  `<ListBucketResult><IsTruncated>true</IsTruncated><Contents><Key>a.txt</Key><Size>1</Size></Contents></ListBucketResult>`,
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, nil)
			s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, answer) })
			_, _, err := fetchtest.List(t.Context(), source(t, s, nil))
			require.Error(t, err)
		})
	}
}

func TestARunThatIsStopped(t *testing.T) {
	objects := map[string]string{}
	for i := range 20 {
		objects[fmt.Sprintf("%02d.txt", i)] = "x"
	}
	s := newServer(t, objects)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	n := 0
	var last error
	for _, err := range source(t, s, nil).List(ctx) {
		if n++; n == 3 {
			cancel()
		}
		last = err
	}
	require.ErrorIs(t, last, context.Canceled, "the end of a run is not the end of the bucket")
	_, release, err := source(t, s, nil).Fetch(ctx, ingest.Item{Path: "01.txt"}, 10)
	release()
	require.ErrorIs(t, err, context.Canceled)
}

func TestAServerThatIsGoneIsNotAskedForEachObject(t *testing.T) {
	server := newServer(t, map[string]string{"a.txt": "a"})
	src := source(t, server, nil)
	server.Close()
	var err error
	for range 10 {
		_, release, fetchErr := src.Fetch(t.Context(), ingest.Item{Path: "a.txt", Size: 1}, 100)
		release()
		require.Error(t, fetchErr)
		err = fetchErr
	}
	require.ErrorIs(t, err, fetch.ErrSilent)
	require.ErrorContains(t, err, "a.txt")
}

func TestSettings(t *testing.T) {
	err := s3.Config{Endpoint: "http://user:hunter2@minio/x", Bucket: "s3://docs", Prefix: "a/../b", Anonymous: true, AccessKey: "x", AllowPrivate: []string{"*"}}.Validate()
	for _, field := range []string{"endpoint", "bucket", "prefix", "access_key", "allow_private[0]"} {
		require.ErrorContains(t, err, field)
	}
	require.NotContains(t, err.Error(), "hunter2")
	err = s3.Config{}.Validate()
	for _, field := range []string{"region: required", "bucket: required", "access_key: required"} {
		require.ErrorContains(t, err, field)
	}
	require.ErrorContains(t, s3.Config{Endpoint: "http://s3.example.com", Bucket: "docs", Anonymous: true}.Validate(), "https://")
	require.NoError(t, s3.Config{Region: "eu-central-1", Bucket: "docs", Anonymous: true}.Validate())
	_, err = s3.New(s3.Config{Region: "eu-central-1", Bucket: "docs", AccessKey: "x"}, s3.Options{})
	require.ErrorContains(t, err, "secret_key")
	o := s3.Options{SecretKey: secret, SessionToken: secret}
	require.NotContains(t, fmt.Sprintf("%v %+v %#v %v", o, o, o, &o), secret)
}
