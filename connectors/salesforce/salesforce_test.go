package salesforce_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/connectortest"
	"github.com/sufflor/sufflor/connectors/salesforce"
)

const (
	org       = "00D5g00000Ab1CdEAJ"
	secret    = "whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA="
	pathToken = "3c7e9a1d5b"
	me        = "0055g000009CoPiAAK"
	caseID    = "5005g00001XyZaBAAV"
)

var clock = time.Unix(1785000000, 0)

func settings() salesforce.Config {
	return salesforce.Config{
		OrgID: org, MyDomain: "nordwind", SigningSecret: config.NewSecret(secret), OutboundToken: config.NewSecret(pathToken),
	}
}

// withAPI are settings that can also ask the org.
func withAPI(tb testing.TB) salesforce.Config {
	tb.Helper()
	cfg := settings()
	cfg.API = salesforce.API{ClientID: "3MVG9.example", PrivateKey: config.NewSecret(privateKey()), Username: "copilot@nordwind.example", UserID: me}
	return cfg
}

func build(v connectortest.Vector) (connectors.Connector, error) {
	cfg := settings()
	if strings.HasPrefix(v.Secret, "whsec_") {
		cfg.SigningSecret = config.NewSecret(v.Secret)
	} else {
		cfg.OrgID = v.Secret
	}
	return salesforce.New(cfg, nil)
}

func TestVectors(t *testing.T) {
	t.Parallel()
	sent := connectortest.Vectors(t, build, func(t *testing.T, v connectortest.Vector, got connectortest.Result) {
		t.Helper()
		if strings.HasPrefix(v.Name, "outbound_") && v.Valid {
			require.Equal(t, "text/xml; charset=utf-8", got.Type)
			require.Equal(t, string(connectortest.Body(t, "outbound_message_ack.xml")), got.Body)
		}
		switch v.Name {
		case "apex_customer_ok":
			require.Equal(t, []connectors.Event{{
				Key: "message:02s5g00001QwErTAAV", Kind: connectors.Message, Tenant: org, Conversation: caseID, Message: "02s5g00001QwErTAAV",
				Role: connectors.Customer, Author: "anna.beispiel@example.org", Customer: "0035g00004AnnaBAAR",
				Text: "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", Language: "de", Channel: "email",
				At: time.Date(2026, 7, 25, 17, 19, 53, 412e6, time.UTC), Route: map[string]string{"case": caseID},
				Facts: map[string]string{"case_number": "00055871"},
			}}, got.Events)
		case "apex_own_comment_ok":
			require.Empty(t, got.Events, "our own")
		case "outbound_ok", "outbound_org15_configured_ok":
			require.Len(t, got.Events, 1)
			require.Equal(t, "message:02s5g00001QwErTAAV", got.Events[0].Key, "the same event as from Apex")
			require.Equal(t, "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig <3 & ich warte.", got.Events[0].Text)
			require.Equal(t, "Anna Beispiel", got.Events[0].AuthorName)
			require.Equal(t, "Bestellung #55871 verspätet", got.Events[0].Subject)
		case "outbound_batch_ok":
			require.Len(t, got.Events, 2)
			require.Equal(t, connectors.Customer, got.Events[0].Role)
			require.Equal(t, connectors.Agent, got.Events[1].Role)
		}
	})
	require.Equal(t, 14, sent)
}

func apex(t *testing.T, c *salesforce.Connector, body string) ([]connectors.Event, error) {
	t.Helper()
	rec, err := c.Read(connectors.Delivery{Path: "/apex", Header: http.Header{}, Body: []byte(body)})
	return rec.Events, err
}

func event(kind, data string) string {
	return `{"type":"` + kind + `","timestamp":"2026-07-25T17:20:00.000Z","data":{"org_id":"` + org + `","case_id":"` + caseID + `",` + data + `}}`
}

func TestReadOfEachKind(t *testing.T) {
	t.Parallel()
	const agent, customer = `"created_by_id":"0055g000003AgEnAAK","created_by_name":"Jonas Weber","created_by_type":"Standard"`,
		`"created_by_id":"0055g000003PoRtAAK","created_by_name":"Anna","created_by_type":"CspLitePortal"`
	tests := []struct {
		name, body string
		want       connectors.Event // of which only what is set is compared
		none       bool
		err        error
	}{
		{name: "a mail of the agent is a reply", body: string(connectortest.Body(t, "apex_callout_agent_email.json")), want: connectors.Event{
			Kind: connectors.Message, Key: "message:02s5g00001QwErUAAV", Role: connectors.Agent, Author: "0055g000003AgEnAAK", Text: "Hallo Anna, das Paket wird morgen zugestellt.",
		}},
		{name: "a file comes with its mail", body: string(connectortest.Body(t, "apex_callout_attachment.json")), want: connectors.Event{
			Kind: connectors.Message, Role: connectors.Customer, Text: "Foto anbei",
			Attachments: []connectors.Attachment{{ID: "0685g00000AbCdEAAV", Name: "etikett.jpg", Type: "jpg", Size: 184213}},
		}},
		{name: "a draft is nobody's word", body: event("email_message.outgoing", `"record_id":"02s5g00001QwErUAAV","status":"5","text":"x",`+agent), none: true},
		{name: "a mail without text has HTML", body: event("email_message.incoming", `"record_id":"02s5g00001QwErTAAV","incoming":true,"html":"<p>Guten&nbsp;Tag</p><ul><li>eins</li></ul>"`), want: connectors.Event{
			Kind: connectors.Message, Text: "Guten Tag\n\n- eins",
		}},
		{name: "a mail that quotes our note is ours", body: event("email_message.incoming", `"record_id":"02s5g00001QwErTAAV","incoming":true,"text":"[Copilot sg_01] x"`), none: true},
		{name: "what we send by another way is ours", body: event("email_message.outgoing", `"record_id":"02s5g00001QwErTAAV","text":"x","created_by_id":"0055g000009CoPi"`), none: true},
		{name: "incoming has to go with its type", body: event("email_message.outgoing", `"record_id":"02s5g00001QwErTAAV","incoming":true,"text":"x"`), err: connectors.ErrMalformed},
		{name: "a deleted mail is forgotten", body: event("email_message.deleted", `"record_id":"02s5g00001QwErTAAV","subject":"x"`), want: connectors.Event{
			Kind: connectors.Deleted, Key: "deleted:02s5g00001QwErTAAV", Message: "02s5g00001QwErTAAV",
		}},
		{name: "a comment of a portal user is a customer's", body: event("case_comment.created", `"record_id":"00a5g00002ZxCvBAAV","is_published":true,"text":"Und?",`+customer), want: connectors.Event{
			Kind: connectors.Message, Role: connectors.Customer, Channel: "portal", Customer: "0055g000003PoRtAAK", Text: "Und?",
		}},
		{name: "a published comment of staff is a reply", body: event("case_comment.created", `"record_id":"00a5g00002ZxCvBAAV","is_published":true,"text":"Morgen.",`+agent), want: connectors.Event{
			Kind: connectors.Message, Role: connectors.Agent, AuthorName: "Jonas Weber",
		}},
		{name: "an unpublished comment is private", body: event("case_comment.created", `"record_id":"00a5g00002ZxCvBAAV","is_published":false,"text":"intern",`+agent), none: true},
		{name: "a comment of a process is nobody's", body: event("case_comment.created", `"record_id":"00a5g00002ZxCvBAAV","is_published":true,"text":"x","created_by_type":"AutomatedProcess"`), none: true},
		{name: "a comment of nobody knows whom", body: event("case_comment.created", `"record_id":"00a5g00002ZxCvBAAV","is_published":true,"text":"x"`), err: connectors.ErrMalformed},
		{name: "a changed comment has another text", body: event("case_comment.updated", `"record_id":"00a5g00002ZxCvBAAV","is_published":true,"text":"Übermorgen.",`+agent), want: connectors.Event{
			Kind: connectors.Edited, Key: "edited:00a5g00002ZxCvBAAV:1785000000", Text: "Übermorgen.",
		}},
		{name: "a comment made private is forgotten", body: event("case_comment.updated", `"record_id":"00a5g00002ZxCvBAAV","is_published":false,"text":"x",`+agent), want: connectors.Event{
			Kind: connectors.Deleted, Key: "deleted:00a5g00002ZxCvBAAV:1785000000", Message: "00a5g00002ZxCvBAAV",
		}},
		{name: "so is one of which no more is said", body: event("case_comment.unpublished", `"record_id":"00a5g00002ZxCvBAAV"`), want: connectors.Event{
			Kind: connectors.Deleted, Key: "deleted:00a5g00002ZxCvBAAV:1785000000", Message: "00a5g00002ZxCvBAAV",
		}},
		{name: "a deleted comment is gone for good", body: event("case_comment.deleted", `"record_id":"00a5g00002ZxCvBAAV"`), want: connectors.Event{
			Kind: connectors.Deleted, Key: "deleted:00a5g00002ZxCvBAAV", Message: "00a5g00002ZxCvBAAV",
		}},
		{name: "a feed item of all is a message", body: event("feed_item.created", `"record_id":"0D55g00002ZxCvBAAV","visibility":"AllUsers","text":"Hallo",`+customer), want: connectors.Event{
			Kind: connectors.Message, Role: connectors.Customer, Text: "Hallo",
		}},
		{name: "a feed item of the team is private", body: event("feed_item.created", `"record_id":"0D55g00002ZxCvBAAV","visibility":"InternalUsers","text":"x",`+agent), none: true},
		{name: "a chat is a conversation of its own", body: event("chat.message", `"record_id":"0Mw5g-1-E","session_id":"0Mw5g0000000001CAA","actor_type":"EndUser","channel":"WhatsApp","text":"Hi"`), want: connectors.Event{
			Kind: connectors.Message, Conversation: "0Mw5g0000000001CAA", Channel: "whatsapp", Role: connectors.Customer, Route: map[string]string{"case": caseID},
		}},
		{name: "a bot in a chat is left out", body: event("chat.message", `"record_id":"e1","session_id":"0Mw5g0000000001CAA","actor_type":"Bot","text":"Hi"`), none: true},
		{name: "a closed case is over", body: event("case.closed", `"record_id":"`+caseID+`"`), want: connectors.Event{
			Kind: connectors.Closed, Key: "closed:" + caseID + ":1785000000", Conversation: caseID,
		}},
		{name: "an assigned case has an agent", body: event("case.assigned", `"owner_id":"0055g000003AgEnAAK"`), want: connectors.Event{
			Kind: connectors.Assigned, Assignee: "0055g000003AgEnAAK",
		}},
		{name: "an assigned case has a queue", body: event("case.assigned", `"owner_id":"00G5g000003QuEuEAK","owner_name":"Versand"`), want: connectors.Event{
			Kind: connectors.Assigned, Group: "Versand",
		}},
		{name: "a rating has a score", body: event("case.rated", `"score":0.75,"comment":"schnell"`), want: connectors.Event{
			Kind: connectors.Rated, Score: &connectors.Score{Value: 0.75, Comment: "schnell"},
		}},
		{name: "a rating of nothing is none", body: event("case.rated", `"score":7`), err: connectors.ErrMalformed},
		{name: "feedback is a verdict", body: event("suggestion.feedback", `"suggestion_id":"sg_1","verdict":"used","agent_id":"0055g000003AgEn","final_text":"ok"`), want: connectors.Event{
			Kind: connectors.Feedback, Rating: &connectors.Rating{Suggestion: "sg_1", Verdict: "used", Agent: "0055g000003AgEnAAK", Text: "ok"},
		}},
		{name: "feedback is a known verdict", body: event("suggestion.feedback", `"suggestion_id":"sg_1","verdict":"great"`), err: connectors.ErrMalformed},
		{name: "facts are texts, numbers, yes and no", body: event("case.closed", `"case_number":"7","topics":["gold"],"brand":"Nord","facts":{"priority":"High","seats":3,"vip":true,"x":{"y":1},"n":null}`), want: connectors.Event{
			Kind: connectors.Closed, Brand: "Nord", Tags: []string{"gold"},
			Facts: map[string]string{"case_number": "7", "priority": "High", "seats": "3", "vip": "true"},
		}},
		{name: "a type of tomorrow is none of our business", body: event("case.merged", `"record_id":"x"`), none: true},
		{name: "a ping is none", body: `{"type":"webhook.ping","data":{"org_id":"` + org + `"}}`, none: true},
		{name: "an id has its form", body: event("email_message.incoming", `"record_id":"02s' OR","incoming":true`), err: connectors.ErrMalformed},
		{name: "a time is needed", body: `{"type":"case.closed","data":{"org_id":"` + org + `","case_id":"` + caseID + `"}}`, err: connectors.ErrMalformed},
		{name: "a conversation is needed", body: `{"type":"case.closed","timestamp":"2026-07-25T17:20:00Z","data":{"org_id":"` + org + `"}}`, err: connectors.ErrMalformed},
		{name: "another org is not ours", body: strings.ReplaceAll(event("case.closed", `"record_id":"x"`), org, "00D7x0000009ZzZEAU"), err: connectors.ErrForeign},
		{name: "no org is not ours", body: `{"type":"case.closed"}`, err: connectors.ErrForeign},
		{name: "a cut body is malformed", body: string(connectortest.Body(t, "apex_callout_malformed.json")), err: connectors.ErrMalformed},
	}
	c, err := salesforce.New(withAPI(t), nil)
	require.NoError(t, err)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := apex(t, c, tt.body)
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
				return
			}
			require.NoError(t, err)
			if tt.none {
				require.Empty(t, got)
				return
			}
			require.Len(t, got, 1)
			require.Equal(t, fill(tt.want, got[0]), got[0])
		})
	}
}

// fill takes from got what want leaves open.
func fill(want, got connectors.Event) connectors.Event {
	set := func(w *string, g string) {
		if *w == "" {
			*w = g
		}
	}
	set(&want.Key, got.Key)
	set(&want.Tenant, got.Tenant)
	set(&want.Conversation, got.Conversation)
	set(&want.Message, got.Message)
	set((*string)(&want.Role), string(got.Role))
	set(&want.Author, got.Author)
	set(&want.AuthorName, got.AuthorName)
	set(&want.Customer, got.Customer)
	set(&want.Channel, got.Channel)
	set(&want.Group, got.Group)
	set(&want.Assignee, got.Assignee)
	if want.Kind != connectors.Deleted {
		set(&want.Text, got.Text)
		set(&want.Subject, got.Subject)
	}
	want.At = got.At
	if want.Route == nil {
		want.Route = got.Route
	}
	if want.Facts == nil && want.Kind != connectors.Deleted {
		want.Facts = got.Facts
	}
	return want
}

// Mail of customers is often written into the org by the user that we log in
// as: Email-to-Case has one author for all.
func TestMailByOurOwnUserIsACustomers(t *testing.T) {
	t.Parallel()
	c, err := salesforce.New(withAPI(t), nil)
	require.NoError(t, err)
	body := string(connectortest.Body(t, "apex_callout_customer_email.json"))
	require.Contains(t, body, `"created_by_id":"`+me+`"`)
	got, err := apex(t, c, body)
	require.NoError(t, err)
	require.Equal(t, connectors.Customer, got[0].Role)
}

// Each of the three guards against answering our own note holds alone.
func TestOwnNotesAreIgnored(t *testing.T) {
	t.Parallel()
	c, err := salesforce.New(withAPI(t), nil)
	require.NoError(t, err)
	const other = `"created_by_type":"Standard","created_by_id":"0055g000003AgEnAAK"`
	for name, data := range map[string]string{
		"by our user although published and unmarked": `"is_published":true,"text":"x","created_by_type":"Standard","created_by_id":"` + me + `"`,
		"by the marker although by another user":      `"is_published":true,"text":"[Copilot sg_01] x",` + other,
		"by privacy although neither":                 `"is_published":false,"text":"x",` + other,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := apex(t, c, event("case_comment.created", `"record_id":"00a5g00002ZxCvBAAV",`+data))
			require.NoError(t, err)
			require.Empty(t, got)
		})
	}
	got, err := apex(t, c, event("case_comment.created", `"record_id":"00a5g00002ZxCvBAAV","is_published":true,"text":"x",`+other))
	require.NoError(t, err)
	require.Len(t, got, 1, "without any of the three it is an agent's reply")
}

func TestBatch(t *testing.T) {
	t.Parallel()
	c, err := salesforce.New(settings(), nil)
	require.NoError(t, err)
	one := string(connectortest.Body(t, "apex_callout_customer_email.json"))
	two := string(connectortest.Body(t, "apex_callout_agent_email.json"))
	batch := func(events ...string) string {
		return `{"type":"batch","timestamp":"2026-07-25T17:20:00Z","data":{"org_id":"` + org + `","events":[` + strings.Join(events, ",") + `]}}`
	}
	got, err := apex(t, c, batch(two, one, one))
	require.NoError(t, err)
	require.Len(t, got, 2, "once each")
	require.Equal(t, connectors.Customer, got[0].Role, "oldest first")
	alone, err := apex(t, c, one)
	require.NoError(t, err)
	require.Equal(t, alone[0], got[0], "alone or not, the same event")

	_, err = apex(t, c, batch(one, strings.ReplaceAll(two, org, "00D7x0000009ZzZEAU")))
	require.ErrorIs(t, err, connectors.ErrForeign, "an org hidden within")
	_, err = apex(t, c, batch(batch(one)))
	require.ErrorIs(t, err, connectors.ErrMalformed, "batches do not nest")
	_, err = apex(t, c, batch(strings.Split(strings.Repeat(one+"\n", 201), "\n")[:201]...))
	require.ErrorIs(t, err, connectors.ErrMalformed)
}

func outbound(tb testing.TB, c *salesforce.Connector, body string) (connectors.Delivery, error) {
	tb.Helper()
	d := connectors.Delivery{Method: http.MethodPost, Path: "/om/" + pathToken, Header: http.Header{}, Body: []byte(body)}
	return d, c.Verify(tb.Context(), d, clock)
}

// With access to the org, an unsigned text is never used.
func TestOutboundMessageIsAHintWhereWeCanAsk(t *testing.T) {
	t.Parallel()
	c, err := salesforce.New(withAPI(t), nil)
	require.NoError(t, err)
	d, err := outbound(t, c, string(connectortest.Body(t, "outbound_message_batch.xml")))
	require.NoError(t, err)
	rec, err := c.Read(d)
	require.NoError(t, err)
	require.Len(t, rec.Events, 2)
	for _, e := range rec.Events {
		require.Equal(t, connectors.Fetch, e.Kind)
		require.Empty(t, e.Text)
		require.Equal(t, caseID, e.Conversation)
	}
	require.Equal(t, "notification:04l5g00000N0t1fAAB", rec.Events[0].Key, "the same each time Salesforce repeats it")

	good := string(connectortest.Body(t, "outbound_message_customer.xml"))
	from, to := strings.Index(good, "<sObject"), strings.Index(good, "</sObject>")
	for object, fields := range map[string]string{
		"EmailMessage": "<sf:Id>02s5g00001QwErTAAV</sf:Id><sf:ParentId>" + caseID + "</sf:ParentId>",
		"CaseComment":  "<sf:Id>00a5g00002ZxCvBAAV</sf:Id><sf:ParentId>" + caseID + "</sf:ParentId>",
		"Case":         "<sf:Id>" + caseID + "</sf:Id>",
	} {
		d, err := outbound(t, c, good[:from]+`<sObject xsi:type="sf:`+object+`" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">`+fields+good[to:])
		require.NoError(t, err)
		rec, err := c.Read(d)
		require.NoError(t, err)
		require.Len(t, rec.Events, 1, "ids are enough")
		require.Equal(t, connectors.Fetch, rec.Events[0].Kind)
		require.Equal(t, object, rec.Events[0].Route["object"])
	}
}

// What cannot be used is refused with a Nack, and an administrator hears of it.
func TestOutboundMessageWithoutItsFieldsIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	good := string(connectortest.Body(t, "outbound_message_customer.xml"))
	c, err := salesforce.New(settings(), nil)
	require.NoError(t, err)
	for name, cut := range map[string][2]string{
		"without its case":     {"<sf:ParentId>5005g00001XyZaBAAV</sf:ParentId>", ""},
		"without its id":       {"<sf:Id>02s5g00001QwErTAAV</sf:Id>", ""},
		"without its time":     {"<sf:CreatedDate>2026-07-25T17:19:51.000Z</sf:CreatedDate>", ""},
		"a comment of whoever": {"sf:EmailMessage", "sf:CaseComment"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := strings.Replace(good, cut[0], cut[1], 1)
			require.NotEqual(t, good, body)
			d, err := outbound(t, c, body)
			require.NoError(t, err, "authentic")
			rec, err := c.Read(d)
			require.NoError(t, err)
			require.Equal(t, string(connectortest.Body(t, "outbound_message_nack.xml")), string(rec.Reply.Body))
			require.Len(t, rec.Events, 1)
			require.Equal(t, connectors.Ops, rec.Events[0].Kind)
			require.Contains(t, rec.Events[0].Detail, "README.md")
			require.NotContains(t, rec.Events[0].Detail, "Bestellung")
		})
	}
}

func TestOutboundMessagesAreReadStrictly(t *testing.T) {
	t.Parallel()
	good := string(connectortest.Body(t, "outbound_message_customer.xml"))
	c, err := salesforce.New(settings(), nil)
	require.NoError(t, err)
	many := good[strings.Index(good, "<Notification>") : strings.Index(good, "</Notification>")+len("</Notification>")]
	for name, body := range map[string]string{
		"a DOCTYPE without entities":      strings.Replace(good, "?>", "?><!DOCTYPE x>", 1),
		"a billion laughs":                strings.Replace(good, "?>", `?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>`, 1),
		"an instruction":                  strings.Replace(good, "<soapenv:Body>", "<?xml-stylesheet href='x'?><soapenv:Body>", 1),
		"another encoding":                strings.Replace(good, "UTF-8", "UTF-16", 1),
		"an undeclared entity":            strings.Replace(good, "Anna Beispiel", "&anna;", 1),
		"two orgs":                        strings.Replace(good, "<ActionId>", "<OrganizationId>00D7x0000009ZzZEAU</OrganizationId><ActionId>", 1),
		"the org somewhere else":          strings.NewReplacer("<OrganizationId>", "<x><OrganizationId>", "</OrganizationId>", "</OrganizationId></x>").Replace(good),
		"another namespace":               strings.Replace(good, "2005/09/outbound", "2099/01/outbound", 1),
		"no envelope":                     "<a/>",
		"nothing":                         "",
		"two envelopes":                   good + strings.TrimPrefix(good, `<?xml version="1.0" encoding="UTF-8"?>`),
		"more than a hundred":             strings.Replace(good, many, strings.Repeat(many, 101), 1),
		"deeply nested":                   strings.Replace(good, "Anna Beispiel", strings.Repeat("<a>", 1000)+strings.Repeat("</a>", 1000), 1),
		"a record of two in one":          strings.Replace(good, "</sObject>", `</sObject><sObject xmlns:sf="urn:sobject.enterprise.soap.sforce.com"><sf:Id>x</sf:Id></sObject>`, 1),
		"a record with too many fields":   strings.Replace(good, "<sf:FromName>", fields(201)+"<sf:FromName>", 1),
		"not even UTF-8":                  strings.Replace(good, "Anna", "\xff", 1),
		"an ending that is not there yet": good[:len(good)-3],
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.NotEqual(t, good, body)
			d, err := outbound(t, c, body)
			require.ErrorIs(t, err, connectors.ErrUnverified)
			_, err = c.Read(d)
			require.ErrorIs(t, err, connectors.ErrMalformed, "and if it were verified")
		})
	}
	d, err := outbound(t, c, good)
	require.NoError(t, err)
	d.Body = connectortest.Body(t, "outbound_message_other_org.xml")
	_, err = c.Read(d)
	require.ErrorIs(t, err, connectors.ErrForeign)
}

func fields(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("<sf:F" + strings.Repeat("x", i) + ">1</sf:F" + strings.Repeat("x", i) + ">")
	}
	return b.String()
}

func TestRotation(t *testing.T) {
	t.Parallel()
	old := config.NewSecret("whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("o", 32))))
	cfg := settings()
	cfg.PreviousSecret, cfg.PreviousToken = old, config.NewSecret("0123456789abcdef")
	c, err := salesforce.New(cfg, nil)
	require.NoError(t, err)
	body := connectortest.Body(t, "apex_callout_customer_email.json")
	for _, s := range []config.Secret{cfg.SigningSecret, old} {
		h, err := salesforce.Sign(s, "sf_1", body, clock)
		require.NoError(t, err)
		d := connectors.Delivery{Path: "/apex", Header: h, Body: body}
		require.NoError(t, c.Verify(t.Context(), d, clock))
		require.NoError(t, c.Verify(t.Context(), d, clock.Add(300*time.Second)), "exactly the window")
		require.ErrorIs(t, c.Verify(t.Context(), d, clock.Add(301*time.Second)), connectors.ErrUnverified)
		require.ErrorIs(t, c.Verify(t.Context(), d, clock.Add(-301*time.Second)), connectors.ErrUnverified)
		h.Set("Webhook-Signature", "v1,AAAA v1a,zzz "+h.Get("Webhook-Signature"))
		require.NoError(t, c.Verify(t.Context(), d, clock), "one of several will do")
	}
	om := connectors.Delivery{Path: "/om/0123456789abcdef", Body: connectortest.Body(t, "outbound_message_customer.xml")}
	require.NoError(t, c.Verify(t.Context(), om, clock))
	om.Path = "/om/"
	require.ErrorIs(t, c.Verify(t.Context(), om, clock), connectors.ErrUnverified, "an empty token never matches")
}

func TestValidate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*salesforce.Config)
		want   string
	}{
		{"nothing is wrong", func(*salesforce.Config) {}, ""},
		{"outbound messages will do", func(c *salesforce.Config) { c.SigningSecret = config.Secret{} }, ""},
		{"a sandbox has a longer name", func(c *salesforce.Config) { c.MyDomain = "nordwind--uat.sandbox" }, ""},
		{"a host is no name", func(c *salesforce.Config) { c.MyDomain = "https://nordwind.my.salesforce.com" }, "my_domain: required"},
		{"the org is an id", func(c *salesforce.Config) { c.OrgID = "nordwind" }, "org_id: required"},
		{"a secret is needed", func(c *salesforce.Config) { c.SigningSecret, c.OutboundToken = config.Secret{}, config.Secret{} }, "signing_secret: required"},
		{"a secret is long", func(c *salesforce.Config) { c.SigningSecret = config.NewSecret("whsec_AAAA") }, "signing_secret: too short"},
		{"a secret is base64", func(c *salesforce.Config) { c.PreviousSecret = config.NewSecret("whsec_!") }, "previous_signing_secret: must be"},
		{"an old secret alone is a mistake", func(c *salesforce.Config) { c.PreviousSecret, c.SigningSecret = c.SigningSecret, config.Secret{} }, "previous_signing_secret: only together"},
		{"a token is long", func(c *salesforce.Config) { c.OutboundToken = config.NewSecret("abc") }, "outbound_token: must be 10"},
		{"a token is one part of a path", func(c *salesforce.Config) { c.OutboundToken = config.NewSecret("abcdefghij/k") }, "outbound_token: must be"},
		{"an old token alone is a mistake", func(c *salesforce.Config) { c.PreviousToken, c.OutboundToken = c.OutboundToken, config.Secret{} }, "previous_outbound_token: only together"},
		{"access is whole", func(c *salesforce.Config) { c.API = salesforce.API{ClientID: "x"} }, "api.private_key: required"},
		{"a key is one", func(c *salesforce.Config) { c.API.PrivateKey = config.NewSecret("-----BEGIN") }, "api.private_key: must be an RSA key"},
		{"the user is an id", func(c *salesforce.Config) { c.API = salesforce.API{ClientID: "x", UserID: caseID} }, "api.user_id: required"},
		{"a login is at an address", func(c *salesforce.Config) { c.API = salesforce.API{LoginURL: "test"} }, "api.login_url: must be"},
		{"notes is an enum", func(c *salesforce.Config) { c.Notes = "public" }, "notes: must be"},
		{"a base address is one", func(c *salesforce.Config) { c.BaseURL = "nordwind" }, "base_url: must be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := settings()
			tt.change(&cfg)
			err := cfg.Validate()
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.want)
			_, err = salesforce.New(cfg, nil)
			require.ErrorContains(t, err, tt.want)
		})
	}
	require.NoError(t, withAPI(t).Validate())
	err := salesforce.Config{}.Validate()
	for _, field := range []string{"org_id", "my_domain", "signing_secret"} {
		require.ErrorContains(t, err, field, "everything, not only the first")
	}
}

func TestPathsWithoutSecretDoNotExist(t *testing.T) {
	t.Parallel()
	cfg := settings()
	cfg.OutboundToken = config.Secret{}
	c, err := salesforce.New(cfg, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"application/json"}, c.Takes("/apex"))
	require.Empty(t, c.Takes("/om/"+pathToken))
	require.Empty(t, c.Takes(""))
	require.ErrorIs(t, c.Verify(t.Context(), connectors.Delivery{Path: "/om/", Body: connectortest.Body(t, "outbound_message_customer.xml")}, clock), connectors.ErrUnverified)

	cfg = settings()
	cfg.SigningSecret = config.Secret{}
	c, err = salesforce.New(cfg, nil)
	require.NoError(t, err)
	require.Empty(t, c.Takes("/apex"))
	require.Equal(t, []string{"text/xml"}, c.Takes("/om/"+pathToken))
	require.NotContains(t, c.Shown("/om/"+pathToken), pathToken, "it is a secret")
	require.Equal(t, "/apex", c.Shown("/apex"))
}

// What a customer can see has its own objects and fields; this desk knows none
// of them. The only object it ever writes is CaseComment, with a constant.
func TestAgentOnly(t *testing.T) {
	t.Parallel()
	connectortest.Never(t, "http.MethodPut", `IsPublished":true`, "IsNotificationSelected", "emailSimple", "sendEmail", "sobjects/EmailMessage",
		"sobjects/FeedItem", "chatter", "sendTextMessage", "sendMessage", "connect/messaging", "/actions/")
	// What is installed in the org writes nothing, and sends nothing but to us.
	checked := 0
	require.NoError(t, filepath.WalkDir("package", func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(name, "SufflorTest.cls") {
			return err
		}
		checked++
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		text := strings.ToLower(string(data))
		for _, never := range []string{
			"sendtextmessage", "sendmessage", "sendemail", "singleemailmessage", "insert ", "update m", "upsert ", "database.insert", "database.update", "connectapi", "endconversation",
		} {
			require.NotContains(t, text, never, "%s: a customer could see it", name)
		}
		return nil
	}))
	require.Greater(t, checked, 20)
}

func FuzzVerify(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		h := v.Header()
		f.Add(v.Path(f), h.Get("Webhook-Id"), h.Get("Webhook-Timestamp"), h.Get("Webhook-Signature"), v.Body)
	}
	c, err := salesforce.New(settings(), nil)
	require.NoError(f, err)
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, path, id, stamp, sig string, body []byte) {
		h := http.Header{}
		h.Set("Webhook-Id", id)
		h.Set("Webhook-Timestamp", stamp)
		h.Set("Webhook-Signature", sig)
		err := c.Verify(t.Context(), connectors.Delivery{Path: path, Header: h, Body: body}, clock)
		if err != nil {
			require.ErrorIs(t, err, connectors.ErrUnverified)
			return
		}
		if strings.HasPrefix(path, "/om/") {
			require.Equal(t, "/om/"+pathToken, path)
			require.Contains(t, string(body), "00D5g00000Ab1Cd")
			return
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(id + "." + stamp + "." + string(body)))
		require.Contains(t, strings.Fields(sig), "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)), "accepted what was never signed")
	})
}

func FuzzRead(f *testing.F) {
	for _, v := range connectortest.Load(f) {
		f.Add(v.Path(f), v.Body)
	}
	for _, kind := range []string{"chat.message", "case.rated", "suggestion.feedback", "case_comment.updated", "batch"} {
		f.Add("/apex", []byte(event(kind, `"record_id":"00a5g00002ZxCvBAAV","is_published":true,"created_by_type":"Standard","score":1,"verdict":"up","suggestion_id":"s","actor_type":"EndUser"`)))
	}
	plain, err := salesforce.New(settings(), nil)
	require.NoError(f, err)
	asking, err := salesforce.New(withAPI(f), nil)
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, path string, body []byte) {
		connectortest.Sound(t, plain, connectors.Delivery{Path: path, Header: http.Header{}, Body: body})
		connectortest.Sound(t, asking, connectors.Delivery{Path: path, Header: http.Header{}, Body: body})
	})
}
