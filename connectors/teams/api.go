package teams

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// tokenReserve is subtracted from a token's life, besides the reserve of
// [connectors.Tokens]: 300 s together.
const tokenReserve = 4 * time.Minute

// refusals are Entra's error codes of which we know what to do.
var refusals = map[int]string{
	7000215: "client_secret is wrong; copy the column Value of the secret, not its id",
	7000222: "client_secret has expired; make a new one in Entra admin center > App registrations > Certificates & secrets",
	700016:  "app_id is not known in this tenant; check app_id and tenant_id, and whether the bot is multi tenant (multi_tenant_bot)",
	90002:   "tenant_id is not known; take it from Entra admin center > Overview",
	7000112: "the app is disabled; enable it in Entra admin center > Enterprise applications",
}

// newToken gets a token for our bot by its client secret.
func (c *Connector) newToken(ctx context.Context) (string, time.Time, error) {
	tenant := c.cfg.TenantID
	if c.cfg.MultiTenantBot {
		tenant = multiTenant
	}
	form := url.Values{
		"grant_type": {"client_credentials"}, "client_id": {c.cfg.AppID},
		"client_secret": {c.cfg.ClientSecret.Reveal()}, "scope": {c.cloud.scope},
	}
	h := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Accept": {"application/json"}}
	a, err := c.client.Do(ctx, http.MethodPost, c.at(c.cloud.login+"/"+tenant+"/oauth2/v2.0/token"), h, []byte(form.Encode()))
	if err != nil {
		return "", time.Time{}, fmt.Errorf("get a token: %w", tokenError(a, err))
	}
	var out struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
	}
	if err := connectors.Decode(a.Body, &out); err != nil || out.Token == "" {
		return "", time.Time{}, &connectors.CallError{Status: a.Status, Err: errors.New("get a token: no token in the answer")}
	}
	life := min(max(time.Duration(min(out.Expires, 86_400))*time.Second, 0), 24*time.Hour)
	return out.Token, c.client.Now().Add(life - tokenReserve), nil
}

// tokenError says what to do about a refused client secret.
func tokenError(a connectors.Answer, err error) error {
	e, ok := errors.AsType[*connectors.CallError](err)
	if !ok || (e.Status != http.StatusBadRequest && e.Status != http.StatusUnauthorized) {
		return err
	}
	var out struct {
		Codes []int `json:"error_codes"`
	}
	_ = json.Unmarshal(a.Body, &out) // without a code the general advice has to do
	advice := "Entra refuses app_id and client_secret; make a new secret and enter it as client_secret"
	for _, code := range out.Codes {
		if known, ok := refusals[code]; ok {
			advice = known
		}
	}
	return &connectors.CallError{Status: e.Status, Final: true, Err: fmt.Errorf("%s: %w", advice, connectors.ErrGone)}
}

// call is one request to the Bot Framework at service.
func (c *Connector) call(ctx context.Context, method, service, path string, in, out any) error {
	if !c.isService(service) {
		return connectors.Permanent(errors.New("route names no address of Teams; the next message of the conversation renews it"))
	}
	address := c.at(strings.TrimRight(service, "/") + "/v3/conversations" + path)
	return c.authorized(ctx, func(h http.Header) (connectors.Answer, error) {
		return c.client.JSON(ctx, method, address, h, in, out)
	})
}

// authorized makes one request with our token, and once more with a fresh one
// if Teams refuses it.
func (c *Connector) authorized(ctx context.Context, do func(h http.Header) (connectors.Answer, error)) error {
	for again := false; ; again = true {
		token, err := c.tokens.Token(ctx)
		if err != nil {
			return err
		}
		a, err := do(http.Header{headerAuth: {schemeBearer + token}})
		if connectors.CallStatus(err) == http.StatusUnauthorized && !again {
			c.tokens.Drop(token)
			continue
		}
		return c.classify(a, err)
	}
}

// errNotThere means that a conversation, a message or a member is gone.
var errNotThere = errors.New("not there any more")

// classify adds what Teams means by some statuses and codes.
func (c *Connector) classify(a connectors.Answer, err error) error {
	e, ok := errors.AsType[*connectors.CallError](err)
	if !ok {
		return err
	}
	var out struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(a.Body, &out) // many answers have no code
	switch {
	case e.Status == http.StatusUnauthorized:
		e.Err = fmt.Errorf("token refused although it is new; is app_id that of an Azure Bot with the Teams channel on? %w", connectors.ErrGone)
	case out.Error.Code == "BotDisabledByAdmin":
		e.Final, e.Err = true, fmt.Errorf("an administrator of Teams blocked the app; allow it in Teams admin center > Manage apps: %w", connectors.ErrGone)
	case out.Error.Code == "MessageWritesBlocked":
		e.Final, e.Err = true, errors.New("the agent blocked or removed the app; install it for them again")
	case out.Error.Code == "BotNotInConversationRoster":
		e.Final, e.Err = true, errors.New("the app is not in this conversation; add it there")
	case e.Status == http.StatusForbidden:
		e.Err = errors.New("not allowed; is the app installed for the agent and added to the conversation?")
	case e.Status == http.StatusNotFound:
		e.Err = errNotThere
	case e.Status == http.StatusRequestEntityTooLarge:
		e.Err = errors.New("card too large for Teams; lower maxCard in facts.go")
	case e.Status == http.StatusPreconditionFailed: // documented as passing
		e.Final, e.After, e.Err = false, connectors.RetryAfter(a.Header, c.client.Now()), errors.New("asked to try again")
	}
	return e
}

// member is somebody in a conversation.
type member struct {
	ID     string `json:"id"` // for our bot alone
	Object string `json:"aadObjectId"`
	Other  string `json:"objectId"` // the same, in answers of some ages
	Tenant string `json:"tenantId"`
	Role   string `json:"userRole"`
}

func (m member) object() string {
	if m.Object != "" {
		return m.Object
	}
	return m.Other
}

type roster struct {
	members []member
	at      time.Time
}

// roster is who is in a conversation; nothing is changed by asking.
func (c *Connector) roster(ctx context.Context, service, conversation string) ([]member, error) {
	id := service + "|" + conversation
	if r, ok := c.rosters.get(id); ok && c.client.Now().Sub(r.at) < seated {
		return r.members, nil
	}
	var all []member
	token := ""
	for range maxPages {
		q := url.Values{"pageSize": {strconv.Itoa(pageSize)}}
		if token != "" {
			q.Set("continuationToken", token)
		}
		var page struct {
			Members []member `json:"members"`
			Next    string   `json:"continuationToken"`
		}
		if err := c.call(ctx, http.MethodGet, service, "/"+escape(conversation)+"/pagedmembers?"+q.Encode(), nil, &page); err != nil {
			return nil, fmt.Errorf("ask who is in conversation %s: %w", conversation, err)
		}
		all = append(all, page.Members...)
		if token = page.Next; token == "" {
			break
		}
	}
	c.rosters.put(id, roster{members: all, at: c.client.Now()})
	return all, nil
}

// seat is a chat that one agent has with us, and nobody else. Only
// [Connector.seat] makes one, and only to one are cards posted.
type seat struct {
	chat   string
	object string
	id     string // of the agent, for our bot
	at     time.Time
}

// seat opens the agent's own chat and asks who is in it before anything is
// said there.
func (c *Connector) seat(ctx context.Context, service string, m member) (seat, error) {
	id := service + "|" + strings.ToLower(m.object())
	before, ok := c.seats.get(id)
	if ok && c.client.Now().Sub(before.at) < seated {
		return before, nil
	}
	type named struct {
		ID string `json:"id"`
	}
	type tenant struct {
		Tenant named `json:"tenant"`
	}
	in := struct {
		IsGroup     bool    `json:"isGroup"`
		Bot         named   `json:"bot"`
		Members     []named `json:"members"`
		TenantID    string  `json:"tenantId"`
		ChannelData tenant  `json:"channelData"`
	}{Bot: named{c.bot()}, Members: []named{{m.ID}}, TenantID: c.cfg.TenantID, ChannelData: tenant{named{c.cfg.TenantID}}}
	var out named
	if err := c.call(ctx, http.MethodPost, service, "", in, &out); err != nil {
		return seat{}, fmt.Errorf("open the chat with agent %s: %w", m.object(), err)
	}
	if !isPersonal(out.ID) {
		return seat{}, connectors.Permanent(fmt.Errorf("the chat opened with agent %s is none of one person; nothing was written to it", m.object()))
	}
	c.rosters.drop(service + "|" + out.ID) // this question is not answered from memory
	present, err := c.roster(ctx, service, out.ID)
	if err != nil {
		return seat{}, err
	}
	if len(present) != 1 || !strings.EqualFold(present[0].object(), m.object()) {
		if before.chat == out.ID { // what we wrote there earlier, they read as well
			return seat{}, connectors.Permanent(fmt.Errorf("the chat with agent %s has other members now; delete our cards there: %w", m.object(), connectors.ErrVisible))
		}
		return seat{}, connectors.Permanent(fmt.Errorf("the chat opened with agent %s has other members; nothing was written to it", m.object()))
	}
	s := seat{chat: out.ID, object: strings.ToLower(m.object()), id: m.ID, at: c.client.Now()}
	c.seats.put(id, s)
	return s, nil
}

// isPersonal reports whether a conversation is of one person with us, by its
// id: those of groups and channels are threads.
func isPersonal(id string) bool { return strings.HasPrefix(id, personalPrefix) && isConversation(id) }

// escape is s as one segment of a path, with all that Teams' ids contain.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
