package web_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/web"
)

// worked is a store after a few weeks of work.
func worked(t *testing.T) *store.Store {
	t.Helper()
	s := seed(t)
	kinds := []string{"price", "howto"}
	missing := []string{"Can you deliver to Svalbard?", "Do you deliver to Svalbard before Christmas?", "How long is the warranty on spare parts?"}
	for i := range 96 {
		flag := []suggest.Flag{suggest.High, suggest.Medium, suggest.Low, suggest.None}[i%4]
		body := plainDraft(flag)
		body.Asks[0].Kind, body.Probability = kinds[i/4%2], []float64{0.92, 0.7, 0.4, 0}[i%4]
		if flag == suggest.None {
			body.Asks[0].Text = missing[i/4%3]
		}
		r := record(t, fmt.Sprintf("work_%02d", i), "Ola Hansen", body.Asks[0].Text, body)
		r.Created = noon.Add(-time.Duration(i) * 6 * time.Hour)
		r.Desk = []string{"zendesk", "mail"}[i%2]
		if len(body.Sentences) > 0 {
			r.Cites = []string{"oil-2"}
		}
		reply := time.Duration(6+i%7) * time.Minute
		if flag == suggest.None {
			reply *= 4
		}
		_, err := s.Accept(t.Context(), ws, r.Desk, []connectors.Event{
			{Key: r.EventKey, Kind: connectors.Message, Conversation: r.Conversation, Message: r.Message, Role: connectors.Customer, Text: "x", At: r.Created},
			{Key: "r" + r.EventKey, Kind: connectors.Message, Conversation: r.Conversation, Message: "r" + r.Message, Role: connectors.Agent, Text: "x", At: r.Created.Add(reply)},
		})
		require.NoError(t, err)
		save(t, s, r)
		o := store.Outcome{Workspace: ws, Suggestion: r.ID, Created: r.Created.Add(reply)}
		switch draft := body.Text(); {
		case flag == suggest.None, i%10 == 5:
			continue
		case i%7 == 3:
			o.Action, o.Reason = store.ActionRejected, "incomplete"
		case i%5 == 2:
			o.Action, o.Text = store.ActionSent, draft+" Tell us when you come"
		default:
			o.Action, o.Text = store.ActionSent, draft
		}
		require.NoError(t, s.SaveOutcome(t.Context(), o))
	}
	return s
}

func insightOptions(s *store.Store) web.Options {
	o := options(s)
	o.Insight = &insight.Reader{Store: s}
	return o
}

var insightPaths = []string{"/insight", "/insight/overview", "/insight/parts", "/insight/gaps", "/insight/documents", "/insight/money?rate=45&currency=EUR"}

func TestReportsShowWhatWasMeasured(t *testing.T) {
	h := handler(t, insightOptions(worked(t)))
	page := html.UnescapeString(get(t, h, "/insight"))
	for _, want := range []string{"What became of the drafts", "Do probabilities hold?", "Precision per flag", "2026-W03", "Ready to use", "<svg", "95 % between"} {
		require.Contains(t, page, want)
	}
	require.NotContains(t, page, "NaN")
	page = html.UnescapeString(get(t, h, "/insight/parts"))
	for _, want := range []string{"zendesk", "mail", "English", "How to", "table=kinds"} {
		require.Contains(t, page, want)
	}
	page = html.UnescapeString(get(t, h, "/insight/gaps"))
	require.Contains(t, page, "deliver to Svalbard")
	require.Contains(t, page, "Write this article")
	require.Contains(t, page, "# Can you deliver to Svalbard?")
	page = html.UnescapeString(get(t, h, "/insight/documents"))
	require.Contains(t, page, "Operator’s manual XY-2000")
	page = html.UnescapeString(get(t, h, "/insight/money?rate=45,5&currency=EUR"))
	require.Contains(t, page, `value="45.5"`)
	require.Contains(t, page, "at 45.5 EUR an hour")
}

func TestWhatIsNotMeasuredIsNotKnown(t *testing.T) {
	h := handler(t, insightOptions(openStore(t)))
	for _, path := range insightPaths {
		page := get(t, h, path)
		require.Contains(t, page, "No suggestions in this period.")
		require.NotContains(t, page, "NaN")
	}
	require.Contains(t, get(t, h, "/insight/money"), "Time saved cannot be known")
	require.Contains(t, get(t, h, "/insight"), "not known yet")
}

func TestAReportIsAnAPICallToo(t *testing.T) {
	h := handler(t, insightOptions(worked(t)))
	w := call(h, http.MethodGet, "/api/insight?days=60&rate=45", "")
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	var r insight.Report
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &r))
	require.Equal(t, 100, r.Whole.Suggestions)
	require.NotEmpty(t, r.Gaps.Gaps)
	require.Contains(t, r.Gaps.Gaps[0].Article, "## Answer")

	for _, table := range r.Tables() {
		w := call(h, http.MethodGet, "/api/insight/csv?days=60&table="+table.Key, "")
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.Equal(t, "text/csv; charset=utf-8", w.Header().Get("Content-Type"))
		require.Contains(t, w.Header().Get("Content-Disposition"), "sufflor-"+table.Key+"-2025-11-17-2026-01-15.csv")
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\ufeff"))).ReadAll()
		require.NoError(t, err)
		require.Len(t, rows, 1+len(table.Rows), table.Key)
	}
}

func TestReportsOfWrongAddresses(t *testing.T) {
	h := handler(t, insightOptions(seed(t)))
	for _, tt := range []struct {
		name, path string
		status     int
		says       string
	}{
		{"another company's workspace", "/api/insight?workspace=acme", http.StatusNotFound, "workspace \\\"acme\\\" is not configured"},
		{"a day that is none", "/api/insight?from=2026-02-30", http.StatusBadRequest, "is not a day"},
		{"an end before the beginning", "/api/insight?from=2026-01-10&to=2026-01-01", http.StatusBadRequest, "it is after the last day"},
		{"ten years", "/api/insight?from=2016-01-10&to=2026-01-01", http.StatusBadRequest, "more than three years"},
		{"too many days", "/api/insight?days=100000", http.StatusBadRequest, "use a number from 1 to 1100"},
		{"a rate that is none", "/api/insight?rate=NaN", http.StatusBadRequest, "use a number from 0"},
		{"a negative rate", "/api/insight?rate=-1", http.StatusBadRequest, "use a number from 0"},
		{"a long currency", "/api/insight?currency=" + strings.Repeat("x", 9), http.StatusBadRequest, "currency"},
		{"a table that is none", "/api/insight/csv?table=secrets", http.StatusBadRequest, "use one of: whole"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := call(h, http.MethodGet, tt.path, "")
			require.Equal(t, tt.status, w.Code, w.Body)
			require.Contains(t, w.Body.String(), tt.says)
		})
	}
	c := signIn(t, h)
	require.Equal(t, http.StatusNotFound, call(h, http.MethodGet, "/insight/secrets", "", with(c)).Code)
	w := call(h, http.MethodGet, "/insight/gaps", "", anonymous)
	require.Equal(t, http.StatusSeeOther, w.Code)
	require.Equal(t, "/signin?next=%2Finsight%2Fgaps", w.Header().Get("Location"))
	for next, want := range map[string]string{"/insight/gaps?from=2026-01-01": "/insight/gaps?from=2026-01-01", "/insight/../panel": "/panel", "//evil/insight": "/panel"} {
		w = call(h, http.MethodGet, "/signin?token="+token+"&next="+url.QueryEscape(next), "", anonymous)
		require.Equal(t, want, w.Header().Get("Location"))
	}
	require.Equal(t, http.StatusUnauthorized, call(h, http.MethodGet, "/api/insight", "", anonymous).Code)
	require.Equal(t, http.StatusNotImplemented, call(handler(t, options(openStore(t))), http.MethodGet, "/api/insight", "").Code)
}

func TestReportsOfOneWorkspaceHoldNothingOfAnother(t *testing.T) {
	h := handler(t, insightOptions(worked(t)))
	for _, path := range insightPaths {
		page := get(t, h, path+map[bool]string{true: "&", false: "?"}[strings.Contains(path, "?")]+"workspace=nord")
		require.NotContains(t, page, "Svalbard")
		require.NotContains(t, page, "zendesk")
		require.NotContains(t, page, "XY-2000")
		require.Contains(t, page, "Nord &amp; Sør &lt;AS&gt;")
	}
}

func TestReportsShowTextFromOutsideAsText(t *testing.T) {
	s := openStore(t)
	for i, bad := range nasty {
		body := plainDraft(suggest.None)
		body.Asks[0].Text, body.Asks[0].Kind, body.Kind = bad, bad, bad
		r := record(t, fmt.Sprintf("bad_%02d", i), bad, bad, body)
		r.Desk, r.Language = bad+"x", bad
		save(t, s, r)
		p := passage(fmt.Sprintf("b%02d-1", i), 0, "The tank holds 38 litres.")
		_, err := s.PutDocument(t.Context(), store.Document{
			ID: p.Document, Workspace: ws, Collection: "manuals", Audience: "public", Root: "/d", Path: bad + ".pdf", Title: bad, Language: "en", Hash: "h",
		}, nil)
		require.NoError(t, err)
		cited := plainDraft(suggest.High)
		cited.Evidence[0].Passage.Document = p.Document
		save(t, s, record(t, fmt.Sprintf("doc_%02d", i), bad, bad, cited))
	}
	o := insightOptions(s)
	h := handler(t, o)
	var file bytes.Buffer
	r, err := o.Insight.Report(t.Context(), insight.Query{Workspace: ws, From: noon.AddDate(0, 0, -7), To: noon.AddDate(0, 0, 7), Parts: insight.Everything}, 0)
	require.NoError(t, err)
	require.NoError(t, web.WriteInsight(&file, web.Workspace{ID: ws, Name: nasty[0], Language: "en"}, r, nasty[1][:8]))
	shown := []string{file.String()}
	for _, path := range insightPaths {
		shown = append(shown, get(t, h, path))
	}
	for _, page := range shown {
		own := strings.NewReplacer(`<script src="/static/`, "").Replace(page)
		require.NotContains(t, strings.ToLower(own), "<script")
		require.NotContains(t, page, "<img")
		require.NotRegexp(t, `(?i)href="\s*javascript:`, page)
		require.NotRegexp(t, ` on[a-z]+=["a-z]`, tags(page))
	}
	require.NotContains(t, r.Gaps.Gaps[0].Article, "<script")
}

// tags are the tags of a page, without the text between them.
func tags(page string) string {
	return strings.Join(regexp.MustCompile(`<[^<>]*>`).FindAllString(page, -1), "\n")
}

func TestAReportInAFileNeedsNothingElse(t *testing.T) {
	o := insightOptions(worked(t))
	r, err := o.Insight.Report(t.Context(), insight.Query{Workspace: ws, From: noon.AddDate(0, 0, -7), To: noon.AddDate(0, 0, 1), Parts: insight.Everything}, 0)
	require.NoError(t, err)
	for _, language := range []string{"nb", "sv", "da", "fi", "de", "en", "xx"} {
		var b bytes.Buffer
		require.NoError(t, web.WriteInsight(&b, web.Workspace{ID: ws, Name: "Fjordvik Maskin", Language: language}, r, "EUR"))
		page := b.String()
		require.NotContains(t, page, "<script")
		require.NotContains(t, page, "<link")
		require.NotRegexp(t, `\b(src|srcset)=`, page)
		require.NotContains(t, page, "url(")
		require.NotContains(t, page, "%!", "a text lacks what is filled in")
		require.Equal(t, 5, strings.Count(page, "<section "))
		for _, lost := range regexp.MustCompile(`<th scope="col"></th>`).FindAllString(page, -1) {
			require.Fail(t, "a column without a name", lost)
		}
	}
}

func TestEveryWordOfReportsIsUsed(t *testing.T) {
	all, err := web.Texts()
	require.NoError(t, err)
	var code strings.Builder
	for _, glob := range []string{"*.go", "templates/*.html", "../suggest/insight/*.go", "../suggest/message/questions.go", "../suggest/message/classify.go"} {
		files, err := filepath.Glob(glob)
		require.NoError(t, err)
		for _, f := range files {
			if !strings.HasSuffix(f, "_test.go") {
				data, err := os.ReadFile(f)
				require.NoError(t, err)
				code.Write(data)
			}
		}
	}
	for key := range all["en"] {
		if !strings.HasPrefix(key, "insight_") {
			continue
		}
		short := strings.TrimPrefix(key, "insight_")
		for _, kind := range []string{"table_", "kind_", "plot_"} {
			short = strings.TrimPrefix(short, kind)
		}
		short = strings.TrimSuffix(short, "_about")
		require.True(t, strings.Contains(code.String(), `"`+key+`"`) || strings.Contains(code.String(), `"`+short+`"`), "%s: nothing shows it", key)
	}
}
