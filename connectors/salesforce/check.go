package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// describe is what the integration user may do with an object.
type describe struct {
	Queryable  bool `json:"queryable"`
	Createable bool `json:"createable"`
	Updateable bool `json:"updateable"`
	Deletable  bool `json:"deletable"`
	Fields     []struct {
		Name       string `json:"name"`
		Createable bool   `json:"createable"`
	} `json:"fields"`
}

func (d describe) has(field string) bool {
	for _, f := range d.Fields {
		if f.Name == field {
			return true
		}
	}
	return false
}

// Test implements [connectors.Tester].
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	found := []connectors.Finding{
		{What: "signed events of our Apex class", OK: len(c.keys) > 0, Hint: "set signing_secret, or rely on outbound messages, which carry less and are not signed"},
	}
	if c.tokens == nil {
		return append(found, connectors.Finding{What: "login", Hint: "fill in the settings under api; without them suggestions show in the panel only"})
	}
	if _, err := c.tokens.Token(ctx); err != nil {
		return append(found, connectors.Finding{What: "login", Hint: hint(err, repair)})
	}
	found = append(found, connectors.Finding{What: "login as " + c.cfg.API.Username, OK: true})
	for _, object := range []string{objCase, objMail, objComment, "ContentVersion"} {
		var d describe
		err := c.call(ctx, http.MethodGet, pathRows+object+"/describe", nil, &d)
		ok := err == nil && d.Queryable
		found = append(found, connectors.Finding{What: "may read " + object, OK: ok, Hint: unless(ok, hint(err, readHint(object)))})
		if object != objComment {
			continue
		}
		ok = err == nil && d.Createable && d.has("IsPublished") && d.has("CommentBody")
		found = append(found, connectors.Finding{What: "may write comments that are not published", OK: ok, Hint: unless(ok, hint(err,
			"give the integration user Read and Edit on cases; who may edit a case may comment on it"))})
		ok = err == nil && d.Updateable && d.Deletable
		found = append(found, connectors.Finding{What: "may change and delete its comments", OK: ok, Hint: unless(ok, hint(err,
			"Setup > Support Settings > Enable Case Comment ... allow users to edit and delete their comments; until then overtaken suggestions stay"))})
	}
	return append(found, c.budget(ctx))
}

// budget looks at the calls that are left today, for the whole org.
func (c *Connector) budget(ctx context.Context) connectors.Finding {
	var out struct {
		Daily struct {
			Max       int64 `json:"Max"`
			Remaining int64 `json:"Remaining"`
		} `json:"DailyApiRequests"`
	}
	f := connectors.Finding{What: "API calls left today"}
	err := c.call(ctx, http.MethodGet, pathData+"/limits", nil, &out)
	if err != nil || out.Daily.Max == 0 {
		f.Hint = hint(err, "give the integration user View Setup and Configuration to see them; nothing else depends on it")
		return f
	}
	f.What = fmt.Sprintf("API calls left today: %d of %d", out.Daily.Remaining, out.Daily.Max)
	if f.OK = float64(out.Daily.Remaining) >= minBudget*float64(out.Daily.Max); !f.OK {
		f.Hint = "poll less often, or find out in Setup > Company Information what uses them up"
	}
	return f
}

func readHint(object string) string {
	if object == objMail {
		return "enable Email-to-Case, and give the integration user Read on cases"
	}
	return "give the integration user Read on " + strings.ToLower(object) + "; see README.md, step 2"
}

func unless(ok bool, hint string) string {
	if ok {
		return ""
	}
	return hint
}

// hint is what to do, after what the desk said if that is not the same.
func hint(err error, do string) string {
	if err == nil {
		return do
	}
	if errors.Is(err, connectors.ErrGone) {
		return err.Error()
	}
	return err.Error() + "; " + do
}
