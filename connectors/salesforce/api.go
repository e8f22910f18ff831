package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/sufflor/sufflor/connectors"
)

const (
	pathToken = "/services/oauth2/token" //nolint:gosec // an address, not a token
	pathData  = "/services/data/" + apiVersion
	pathRows  = pathData + "/sobjects/"
	pathQuery = pathData + "/query?"

	// pathQueryAll also finds what was deleted.
	pathQueryAll = pathData + "/queryAll?"
)

const repair = "check client_id, username, private_key and login_url of this desk, and that the app has the certificate, the scope api, and this user admitted in advance (README.md, step 3)"

// login gets an access token for the integration user with the JWT bearer flow
// (RFC 7523): nobody's password, and nothing to refresh.
func (c *Connector) login(ctx context.Context) (string, time.Time, error) {
	audience := c.cfg.API.LoginURL
	if audience == "" {
		audience = loginURL
	}
	now := c.client.Now()
	assertion, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": c.cfg.API.ClientID, "sub": c.cfg.API.Username, "aud": strings.TrimRight(audience, "/"), "exp": now.Add(assertionLife).Unix(),
	}).SignedString(c.key)
	if err != nil {
		return "", time.Time{}, connectors.Permanent(fmt.Errorf("sign login: %w", err))
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}}
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	a, err := c.client.Do(ctx, http.MethodPost, c.cfg.base()+pathToken, h, []byte(form.Encode()))
	if call, ok := errors.AsType[*connectors.CallError](err); ok && (call.Status == http.StatusBadRequest || call.Status == http.StatusUnauthorized) {
		var said struct {
			Error string `json:"error"`
		}
		if connectors.Decode(a.Body, &said) != nil || said.Error == "" {
			said.Error = "refused"
		}
		call.Err = fmt.Errorf("login as %s: %.60q; %s: %w", c.cfg.API.Username, said.Error, repair, connectors.ErrGone)
	}
	if err != nil {
		return "", time.Time{}, fmt.Errorf("login: %w", err)
	}
	var out struct {
		Token string `json:"access_token"`
		ID    string `json:"id"` // https://login.salesforce.com/id/{org}/{user}
	}
	if err := connectors.Decode(a.Body, &out); err != nil || out.Token == "" {
		return "", time.Time{}, &connectors.CallError{Status: a.Status, Err: errors.New("login: the answer has no access_token")}
	}
	parts := strings.Split(out.ID, "/")
	if len(parts) < 2 || id18(parts[len(parts)-2]) != c.org || id18(parts[len(parts)-1]) != c.me {
		return "", time.Time{}, connectors.Permanent(fmt.Errorf("login is into another org or as another user than org_id and api.user_id say: %w", connectors.ErrForeign))
	}
	return out.Token, now.Add(tokenLife), nil
}

// authorized runs do with a token, and once more with a new one if the first
// was refused: a session may be ended at any time.
func (c *Connector) authorized(ctx context.Context, do func(h http.Header) error) error {
	if c.tokens == nil {
		return connectors.Permanent(errors.New("api: required to read and write in Salesforce; fill in the settings under api"))
	}
	for again := false; ; again = true {
		token, err := c.tokens.Token(ctx)
		if err != nil {
			return err
		}
		err = do(http.Header{"Authorization": {"Bearer " + token}})
		call, ok := errors.AsType[*connectors.CallError](err)
		if !ok || call.Status != http.StatusUnauthorized {
			return err
		}
		c.tokens.Drop(token)
		if again {
			call.Err = fmt.Errorf("a new session is refused; %s: %w", repair, connectors.ErrGone)
			return err
		}
	}
}

// call is one request to the REST API of this org.
func (c *Connector) call(ctx context.Context, method, path string, in, out any) error {
	return c.authorized(ctx, func(h http.Header) error {
		a, err := c.client.JSON(ctx, method, c.cfg.base()+path, h, in, out)
		return classify(a, err)
	})
}

// classify adds what Salesforce means by its error codes. Its messages are left
// out: they may quote a record.
func classify(a connectors.Answer, err error) error {
	call, ok := errors.AsType[*connectors.CallError](err)
	if !ok || a.Status < 400 {
		return err
	}
	var said []struct {
		Code string `json:"errorCode"`
	}
	code := ""
	if connectors.Decode(a.Body, &said) == nil && len(said) > 0 {
		code = said[0].Code
	}
	switch {
	case code == "REQUEST_LIMIT_EXCEEDED":
		call.Final, call.After = false, max(call.After, apiPause)
		call.Err = errors.New("the org has used up its API calls of the day; see Setup > Company Information")
	case code == "UNABLE_TO_LOCK_ROW":
		call.Final, call.After, call.Err = false, lockPause, errors.New("somebody saves the record at this moment")
	case code == "ENTITY_IS_DELETED" || call.Status == http.StatusNotFound:
		call.Status, call.Final = http.StatusNotFound, true
		call.Err = errors.New("not there any more, or not visible to the integration user")
	case call.Status == http.StatusForbidden || slices.Contains(lacking[:], code):
		call.Final = true
		call.Err = fmt.Errorf("the integration user lacks a right%s; see README.md, step 2", quoted(code))
	case code != "" && call.Final:
		call.Err = fmt.Errorf("refused by the desk%s", quoted(code))
	}
	return err
}

// lacking are the codes of rights that somebody has to give.
var lacking = [...]string{
	"INSUFFICIENT_ACCESS_OR_READONLY", "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "API_DISABLED_FOR_ORG",
	"INVALID_TYPE", "INVALID_FIELD", "INVALID_FIELD_FOR_INSERT_UPDATE",
}

// quoted is a code as it may stand in a log.
func quoted(code string) string {
	if code == "" || len(code) > 60 || strings.Trim(code, letters[26:]+digits+"_") != "" {
		return ""
	}
	return " (" + code + ")"
}

// isGone reports whether a record that was asked for does not exist.
func isGone(err error) bool {
	call, ok := errors.AsType[*connectors.CallError](err)
	return ok && call.Status == http.StatusNotFound
}
