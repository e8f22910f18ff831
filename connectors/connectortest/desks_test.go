package connectortest_test

import (
	"bytes"
	"crypto"
	crand "crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/chatwoot"
	"github.com/sufflor/sufflor/connectors/freshworks"
	"github.com/sufflor/sufflor/connectors/hubspot"
	"github.com/sufflor/sufflor/connectors/intercom"
	"github.com/sufflor/sufflor/connectors/libredesk"
	"github.com/sufflor/sufflor/connectors/liveagent"
	"github.com/sufflor/sufflor/connectors/livechat"
	"github.com/sufflor/sufflor/connectors/meta"
	"github.com/sufflor/sufflor/connectors/salesforce"
	"github.com/sufflor/sufflor/connectors/slack"
	"github.com/sufflor/sufflor/connectors/standard"
	"github.com/sufflor/sufflor/connectors/teams"
	"github.com/sufflor/sufflor/connectors/zammad"
	"github.com/sufflor/sufflor/connectors/zendesk"
)

// clock is when all deliveries are signed and sent.
var clock = time.Unix(1785000000, 0)

// company is whose desk it is. Two that differ in one thing only have the rest
// in common.
type company struct {
	otherSecret, otherAccount bool

	secrets []string // that were taken; none may be seen
}

// secret is the company's of two.
func (c *company) secret(ours, theirs string) config.Secret {
	if c.otherSecret {
		ours = theirs
	}
	c.secrets = append(c.secrets, ours)
	return config.NewSecret(ours)
}

// account is the company's of two. The first is in the samples.
func (c *company) account(ours, theirs string) string {
	if c.otherAccount {
		return theirs
	}
	return ours
}

// desk is what a company's desk sends and who listens.
type desk struct {
	connector connectors.Connector

	// message is a delivery of message n as the vendor signs it, the same for
	// the same n and text. Its events say says, or have no text.
	message func(n int, says string) connectors.Delivery

	// nameless says why nothing in a delivery tells whose account it is of;
	// then only the secret does.
	nameless string

	// textual says why what was said is in the key of an event; then the same
	// message with another text is another event.
	textual string
}

// makeDesk makes the desk of a company.
type makeDesk func(tb testing.TB, who *company) desk

// What samples say.
const (
	asked   = "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"
	replied = "Hallo Anna, das Paket wird morgen zugestellt."
	sent    = "Guten Tag Anna, Ihre Bestellung #55871 wurde heute versendet."
)

// desks are all desks, by the kind that the configuration knows, and behind a
// dash further ways by which one hears of messages. A new kind is one entry.
var desks = map[string]makeDesk{
	"chatwoot": func(tb testing.TB, who *company) desk {
		tb.Helper()
		account := who.account("3", "4")
		c, err := chatwoot.New(chatwoot.Config{
			BaseURL: "https://chat.nordwind.example", AccountID: account, Secret: who.secret("cw_secret_u8Zk2pQ0", "cw_secret_9aBd71Lm"),
		}, nil)
		require.NoError(tb, err)
		message := chatwootMessage(tb, account)
		return desk{connector: c, textual: chatwootUpdates, message: func(n int, says string) connectors.Delivery {
			d := message(n, says)
			h, err := c.Resign(d, clock)
			must(err)
			d.Header = h
			return d
		}}
	},
	"chatwoot-unsigned": func(tb testing.TB, who *company) desk { // before 4.11.2
		tb.Helper()
		account := who.account("3", "4")
		secret := who.secret("0a1b2c3d4e5f60718293a4b5", "ffeeddccbbaa998877665544")
		c, err := chatwoot.New(chatwoot.Config{
			BaseURL: "https://chat.nordwind.example", AccountID: account, URLToken: secret, Token: who.secret("cw_token_1", "cw_token_2"), SenderID: "77",
		}, nil)
		require.NoError(tb, err)
		message := chatwootMessage(tb, account)
		return desk{connector: c, textual: chatwootUpdates, message: func(n int, says string) connectors.Delivery {
			d := message(n, says)
			d.Target = "/hooks/chatwoot-unsigned?token=" + secret.Reveal()
			return d
		}}
	},
	"freshchat": func(tb testing.TB, who *company) desk {
		tb.Helper()
		key := chatKeys[0]()
		if who.otherSecret {
			key = chatKeys[1]()
		}
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		require.NoError(tb, err)
		const ours = "a1553a5a-9eed-48e8-9fc7-9106080f509d"
		app := who.account(ours, "b1553a5a-9eed-48e8-9fc7-9106080f509d")
		c, err := freshworks.NewChat(freshworks.ChatConfig{App: app, PublicKey: base64.StdEncoding.EncodeToString(der)}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "freshworks/freshchat_customer_message.json"), sample(tb, "freshworks/freshchat_agent_reply.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body, id, text := customer, "6896afdc-23bc-45cc-8bfe-d5ecfbab6dc1", asked
			if n%5 == 0 {
				body, id, text = agent, "6896afdc-23bc-45cc-8bfe-d5ecfbab6dc4", replied
			}
			body = fill(body, ours, app, id, fmt.Sprint("m-", n), "ac2175df14d36caf64e9a578fad89070", fmt.Sprint("c-", n/10), text, says)
			sum := sha256.Sum256(body)
			sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
			must(err)
			return post("", http.Header{"X-Freshchat-Signature": {base64.StdEncoding.EncodeToString(sig)}}, body)
		}}
	},
	"freshdesk": func(tb testing.TB, who *company) desk {
		tb.Helper()
		domain, token := who.account("nordwind", "suedwind"), who.secret("fd_token_8Zk2pQ0", "fd_token_aBd71Lm")
		c, err := freshworks.NewDesk(freshworks.DeskConfig{
			Domain: domain, HookToken: token, APIKey: who.secret("fd_key_1", "fd_key_2"), APIUser: "48000099",
		}, nil)
		require.NoError(tb, err)
		customer := sample(tb, "freshworks/freshdesk_customer_reply.json")
		return desk{connector: c, textual: "a rule sends no id of what was said", message: func(n int, says string) connectors.Delivery {
			body := fill(customer, "nordwind.freshdesk.com", domain+".freshdesk.com", "4711", fmt.Sprint(1000+n/10), asked, says)
			return post("", http.Header{"X-Copilot-Token": {token.Reveal()}}, body)
		}}
	},
	"hubspot": func(tb testing.TB, who *company) desk {
		tb.Helper()
		portal := who.account("48211307", "48211308")
		c, err := hubspot.New(hubspot.Config{
			PublicURL: "https://copilot.example", PortalID: portal, AppID: "3120457", ClientSecret: who.secret("hs_secret_u8Zk2pQ0", "hs_secret_9aBd71Lm"),
		}, nil)
		require.NoError(tb, err)
		one := sample(tb, "hubspot/webhook_new_message.json")
		return desk{connector: c, message: func(n int, _ string) connectors.Delivery { // ids only
			d := post("", nil, fill(one, "48211307", portal, "9598272090", fmt.Sprint(9000000000+n/10), "2f1c9b1e6a2b4f7e9a", fmt.Sprintf("%018x", n)))
			d.Target = "/hooks/hubspot"
			h, err := c.Resign(d, clock)
			must(err)
			d.Header = h
			return d
		}}
	},
	"intercom": func(tb testing.TB, who *company) desk {
		tb.Helper()
		workspace, secret := who.account("nw1nord0", "nw1sued0"), who.secret("ic_secret_u8Zk2pQ0", "ic_secret_9aBd71Lm")
		c, err := intercom.New(intercom.Config{Workspace: workspace, ClientSecret: secret}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "intercom/user_replied.json"), sample(tb, "intercom/admin_replied.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body, part, notification, text := customer, "34120001", "notif_01K0AAA2", asked
			if n%5 == 0 {
				body, part, notification, text = agent, "34120010", "notif_01K0AAA7", sent
			}
			body = fill(body, "nw1nord0", workspace, part, fmt.Sprint(34000000+n), notification, fmt.Sprint("notif_", n),
				"215468900000001", fmt.Sprint(215468900000000+n/10), text, says)
			return post("", intercom.Sign(secret, "", body), body)
		}}
	},
	"libredesk": func(tb testing.TB, who *company) desk {
		tb.Helper()
		return libreDesk(tb, who, libredesk.Config{})
	},
	"libredesk-api": func(tb testing.TB, who *company) desk {
		tb.Helper()
		return libreDesk(tb, who, libredesk.Config{
			APIKey: who.secret("ld_key_1", "ld_key_2"), APISecret: who.secret("ld_api_1", "ld_api_2"), Agent: "99",
		})
	},
	"liveagent": func(tb testing.TB, who *company) desk {
		tb.Helper()
		account, token := who.account("nordwind", "suedwind"), who.secret("5b1c0f7a9e", "6c2d108baf")
		c, err := liveagent.New(liveagent.Config{
			Account: account, PathToken: token, APIKey: who.secret("la_key_1", "la_key_2"), Agent: "1pkaew79", TimeZone: "UTC",
		}, connectors.NewClient(0, nil, func() time.Time { return clock }))
		require.NoError(tb, err)
		customer := sample(tb, "liveagent/rule_customer_message.json")
		return desk{connector: c, textual: "a rule sends no id of what was said", message: func(n int, says string) connectors.Delivery {
			body := fill(customer, `"schema": "la1"`, `"schema": "la1", "account": "`+account+`"`, "r5v4x6q1", fmt.Sprint("t", n/10), asked, says)
			return post("/"+token.Reveal(), nil, body)
		}}
	},
	"livechat": func(tb testing.TB, who *company) desk {
		tb.Helper()
		return liveChat(tb, who, livechat.Config{})
	},
	"livechat-api": func(tb testing.TB, who *company) desk {
		tb.Helper()
		return liveChat(tb, who, livechat.Config{
			Source: livechat.FromAPI, Token: who.secret("dal:token1", "dal:token2"), Bot: "5c9871d5372c824cbf22d860a707a578",
		})
	},
	"meta": func(tb testing.TB, who *company) desk {
		tb.Helper()
		secret := who.secret("0f5c2c9b7a1e4d3f8a6b5c4d3e2f1a0b", "1f5c2c9b7a1e4d3f8a6b5c4d3e2f1a0b")
		phone, page := who.account("106540352242922", "206540352242922"), who.account("112233445566778", "212233445566778")
		c, err := meta.New(meta.Config{
			AppSecrets: []config.Secret{secret}, VerifyToken: who.secret("verify_me_4f2a", "verify_me_5e1b"), Accounts: []string{phone, page},
		}, nil)
		require.NoError(tb, err)
		whatsApp, echo := sample(tb, "meta/whatsapp_text.json"), sample(tb, "meta/messenger_echo_agent_reply.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body := fill(whatsApp, `wamid.HBgNNDkxNTExMjM0NTY3OBUCABIYFDNBMTExMTExMTExMTExMTExMTExAA==`, fmt.Sprint("wamid.", n), "106540352242922", phone,
				"4915112345678", fmt.Sprint("49", 100000000+n/10), `Hallo, meine Bestellung #55871 ist seit 5 Tagen \u00fcberf\u00e4llig \ud83d\ude15 \u2013 wann kommt sie an?`, says)
			if n%5 == 0 {
				body = fill(echo, "m_AbCd04", fmt.Sprint("m_", n), "112233445566778", page, "7788990011223344", fmt.Sprint(7788990000000000+n/10), replied, says)
			}
			return post("", meta.Sign(secret, body), body)
		}}
	},
	"salesforce": func(tb testing.TB, who *company) desk {
		tb.Helper()
		secret := who.secret("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", "whsec_IQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
		const ours = "00D5g00000Ab1CdEAJ"
		org := who.account(ours, "00D5g00000Ab1CeEAJ")
		c, err := salesforce.New(salesforce.Config{OrgID: org, MyDomain: "nordwind", SigningSecret: secret}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "salesforce/apex_callout_customer_email.json"), sample(tb, "salesforce/apex_callout_agent_email.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body, id, text := customer, "02s5g00001QwErTAAV", asked
			if n%5 == 0 {
				body, id, text = agent, "02s5g00001QwErUAAV", replied
			}
			body = fill(body, ours, org, id, fmt.Sprintf("02s5g%010d", n), "5005g00001XyZaBAAV", fmt.Sprintf("5005g%010d", n/10), text, says)
			h, err := salesforce.Sign(secret, fmt.Sprint("msg_", n), body, clock)
			must(err)
			return post("/apex", h, body)
		}}
	},
	"salesforce-outbound": func(tb testing.TB, who *company) desk {
		tb.Helper()
		const ours = "00D5g00000Ab1CdEAJ"
		org, token := who.account(ours, "00D5g00000Ab1CeEAJ"), who.secret("3c7e9a1d5b", "4d8fab2e6c")
		c, err := salesforce.New(salesforce.Config{OrgID: org, MyDomain: "nordwind", OutboundToken: token}, nil)
		require.NoError(tb, err)
		customer := sample(tb, "salesforce/outbound_message_customer.xml")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body := fill(customer, ours, org, "02s5g00001QwErTAAV", fmt.Sprintf("02s5g%010d", n), "04l5g00000N0t1fAAB", fmt.Sprintf("04l5g%010d", n),
				"5005g00001XyZaBAAV", fmt.Sprintf("5005g%010d", n/10),
				"Hallo, meine Bestellung #55871 ist seit 5 Tagen &#252;berf&#228;llig &lt;3 &amp; ich warte.", says)
			return post("/om/"+token.Reveal(), http.Header{"Content-Type": {"text/xml; charset=utf-8"}}, body)
		}}
	},
	"slack": func(tb testing.TB, who *company) desk {
		tb.Helper()
		secret := who.secret("00112233445566778899aabbccddeeff", "10112233445566778899aabbccddeeff")
		team := who.account("T01NORDWIND", "T01SUEDWIND")
		c, err := slack.New(slack.Config{SigningSecret: secret, Team: team, App: "A01COPILOT1", BotUser: "U01COPILOTB"}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "slack/customer_message.json"), sample(tb, "slack/agent_reply.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			ts := fmt.Sprintf("1784%06d.%06d", n/10, n)
			body := fill(customer, "T01NORDWIND", team, "1784999993.412339", ts, "Ev0NORD0001", fmt.Sprint("Ev", n),
				"Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig :confused: – wann kommt sie an?", says)
			if n%5 == 0 {
				body = fill(agent, "T01NORDWIND", team, "1784999997.552109", ts, "Ev0NORD0003", fmt.Sprint("Ev", n),
					`"text":"`+sent+`","team"`, `"text":"`+says+`","team"`)
			}
			h := slack.Sign(secret, body, clock)
			h.Set("Content-Type", "application/json")
			return post("/events", h, body)
		}}
	},
	"standard": func(tb testing.TB, who *company) desk {
		tb.Helper()
		secret := who.secret("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=", "whsec_IQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
		tenant := who.account("nordwind", "suedwind")
		c, err := standard.New(standard.Config{Tenant: tenant, Secrets: []config.Secret{secret}}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "standard/message_created_customer.json"), sample(tb, "standard/message_created_agent_reply.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body, id, text := customer, "m_90122", asked
			if n%5 == 0 {
				body, id, text = agent, "m_90125", replied
			}
			body = fill(body, `"tenant":"nordwind"`, `"tenant":"`+tenant+`"`, id, fmt.Sprint("m_", n), "c_4711", fmt.Sprint("c_", n/10), text, says)
			h, err := standard.Sign(secret, fmt.Sprint("msg_", n), body, clock)
			must(err)
			return post("", h, body)
		}}
	},
	"teams": func(tb testing.TB, who *company) desk {
		tb.Helper()
		token := who.secret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=", "MTEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
		const ours = "00000000-0000-4000-8000-0000000000aa"
		tenant := who.account(ours, "00000000-0000-4000-8000-0000000000bb")
		c, err := teams.New(teams.Config{TenantID: tenant, OutgoingToken: token, Agents: []string{"11111111-1111-4111-8111-111111111111"}}, nil)
		require.NoError(tb, err)
		question := sample(tb, "teams/outgoing_webhook_message.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body := fill(question, ours, tenant, "1784999993412", fmt.Sprint(1784999000000+n), "Vorschlag für Bestellung #55871 – überfällig 😕", says)
			h, err := teams.Sign(token, body)
			must(err)
			return post("/outgoing", h, body)
		}}
	},
	"zammad": func(tb testing.TB, who *company) desk {
		tb.Helper()
		secret := who.secret("zm_secret_u8Zk2pQ0", "zm_secret_9aBd71Lm")
		c, err := zammad.New(zammad.Config{URL: "https://" + who.account("help", "hilfe") + ".nordwind.example", SignatureToken: secret}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "zammad/customer_article.json"), sample(tb, "zammad/agent_reply.json")
		nameless := "Zammad names itself in the address of a file only"
		return desk{connector: c, nameless: nameless, message: func(n int, says string) connectors.Delivery {
			body, id, text := customer, 104, "Hallo,<br>meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"
			if n%5 == 0 {
				body, id, text = agent, 105, "Hallo Anna,<br>das Paket wird morgen zugestellt."
			}
			body = fill(body, `"ticket_id": 81,`, fmt.Sprintf(`"ticket_id": %d,`, 1000+n/10), `"id": 81,`, fmt.Sprintf(`"id": %d,`, 1000+n/10),
				fmt.Sprintf(`"id": %d,`, id), fmt.Sprintf(`"id": %d,`, 10000+n), text, says)
			return post("", zammad.Sign(secret, body), body)
		}}
	},
	"zendesk": func(tb testing.TB, who *company) desk {
		tb.Helper()
		secret, account := who.secret("dGVzdC1vbmx5LXplbmRlc2stc2lnbmluZy1zZWNyZXQ=", "b3RoZXItb25lLXplbmRlc2stc2lnbmluZy1zZWNyZXQ="), who.account("22557799", "22557800")
		c, err := zendesk.New(zendesk.Config{Subdomain: "d3v-nordwind-example", AccountID: account, SigningSecret: secret}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "zendesk/comment_added_customer.json"), sample(tb, "zendesk/comment_added_agent.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body, id, text := customer, "8658716406687", asked
			if n%5 == 0 {
				body, id, text = agent, "8658716406700", sent
			}
			body = fill(body, "22557799", account, id, fmt.Sprint(8658716000000+n), `"id":"55871"`, fmt.Sprintf(`"id":"%d"`, 1000+n/10),
				`"body":"`+text+`"`, `"body":"`+says+`"`)
			return post("", zendesk.Sign(secret, account, body, clock), body)
		}}
	},
	"zendesk-messaging": func(tb testing.TB, who *company) desk {
		tb.Helper()
		const ours = "5df38c8ba23a0b3cbf2b0001"
		app, key := who.account(ours, "5df38c8ba23a0b3cbf2b0002"), who.secret("zm_key_u8Zk2pQ0", "zm_key_9aBd71Lm")
		c, err := zendesk.New(zendesk.Config{
			Subdomain: "d3v-nordwind-example", AccountID: "22557799",
			Messaging: zendesk.Messaging{AppID: app, WebhookKey: key, KeyID: "app_1", KeySecret: who.secret("zm_api_1", "zm_api_2")},
		}, nil)
		require.NoError(tb, err)
		customer := sample(tb, "zendesk/sunco_message_user.json")
		return desk{connector: c, message: func(n int, says string) connectors.Delivery {
			body := fill(customer, ours, app, "5ed80b4d9b7d3f0017000001", fmt.Sprintf("%024x", n), "67ab5f55155becd183e284c1", fmt.Sprintf("%024x", n),
				"67ab5f53a96f98663935c3f2", fmt.Sprintf("%024x", n/10), asked, says)
			return post("/messaging", http.Header{"X-Api-Key": {key.Reveal()}}, body)
		}}
	},
	"zendesk-trigger": func(tb testing.TB, who *company) desk {
		tb.Helper()
		secret, account := who.secret("dGVzdC1vbmx5LXplbmRlc2stc2lnbmluZy1zZWNyZXQ=", "b3RoZXItb25lLXplbmRlc2stc2lnbmluZy1zZWNyZXQ="), who.account("22557799", "22557800")
		c, err := zendesk.New(zendesk.Config{Subdomain: "d3v-nordwind-example", AccountID: account, SigningSecret: secret}, nil)
		require.NoError(tb, err)
		ids := sample(tb, "zendesk/trigger_ids_only.json")
		return desk{connector: c, message: func(n int, _ string) connectors.Delivery { // ids only
			body := fill(ids, "55871", fmt.Sprint(1000+n/10), "2026-07-25T17:19:53Z", clock.Add(-time.Duration(n)*time.Second).UTC().Format(time.RFC3339))
			return post("/trigger", zendesk.Sign(secret, account, body, clock), body)
		}}
	},
}

// chatKeys are Freshchat's of two companies.
var chatKeys = [2]func() *rsa.PrivateKey{sync.OnceValue(newKey), sync.OnceValue(newKey)}

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(crand.Reader, 2048)
	must(err)
	return key
}

const chatwootUpdates = "an update tells of edits and of much else, and not of which"

func chatwootMessage(tb testing.TB, account string) func(n int, says string) connectors.Delivery {
	tb.Helper()
	customer, agent := sample(tb, "chatwoot/customer_message.json"), sample(tb, "chatwoot/agent_reply.json")
	return func(n int, says string) connectors.Delivery {
		body, id, text := customer, "90122", asked
		if n%5 == 0 {
			body, id, text = agent, "90125", "Hallo Anna, das Paket liegt im Depot Hamburg und wird morgen zugestellt."
		}
		return post("", nil, fill(body, `"id": 3,`, `"id": `+account+`,`, `"account_id": 3,`, `"account_id": `+account+`,`,
			id, fmt.Sprint(90000+n), "4711", fmt.Sprint(1000+n/10), text, says))
	}
}

func libreDesk(tb testing.TB, who *company, cfg libredesk.Config) desk {
	tb.Helper()
	secret := who.secret("ld_secret_u8Zk2pQ0", "ld_secret_9aBd71Lm")
	cfg.BaseURL, cfg.WebhookSecret = "https://"+who.account("desk", "hilfe")+".nordwind.example", secret
	c, err := libredesk.New(cfg, nil)
	require.NoError(tb, err)
	customer, agent := sample(tb, "libredesk/message_created_customer.json"), sample(tb, "libredesk/message_updated_agent_reply_sent.json")
	return desk{connector: c, nameless: "nothing in LibreDesk's webhooks names it", message: func(n int, says string) connectors.Delivery {
		body, id, text := customer, "5b0c7a1e-0000-4000-8000-000000090122", asked
		if n%5 == 0 {
			body, id, text = agent, "5b0c7a1e-0000-4000-8000-000000090125", replied
		}
		body = fill(body, id, fmt.Sprintf("5b0c7a1e-0000-4000-8000-%012d", n),
			"4d1f2f5c-6c0c-4b8a-9b3e-2d0f6f4f9a77", fmt.Sprintf("4d1f2f5c-6c0c-4b8a-9b3e-%012d", n/10), text, says)
		return post("", libredesk.Sign(secret, body), body)
	}}
}

func liveChat(tb testing.TB, who *company, cfg livechat.Config) desk {
	tb.Helper()
	const ours = "390e44e6-f1e6-4368-a6dd-74a14508c2e1"
	cfg.Organization = who.account(ours, "490e44e6-f1e6-4368-a6dd-74a14508c2e1")
	cfg.PathToken, cfg.SecretKey = who.secret("9d2f6c1b", "ae307d2c"), who.secret("lc_secret_u8Zk2pQ0", "lc_secret_9aBd71Lm")
	c, err := livechat.New(cfg, nil)
	require.NoError(tb, err)
	customer, agent := sample(tb, "livechat/incoming_event_customer.json"), sample(tb, "livechat/incoming_event_agent_reply.json")
	return desk{connector: c, message: func(n int, says string) connectors.Delivery {
		body, id, text := customer, "K600PKZON8_7", asked
		if n%5 == 0 {
			body, id, text = agent, "K600PKZON8_10", replied
		}
		body = fill(body, ours, cfg.Organization, "lc_secret_u8Zk2pQ0", cfg.SecretKey.Reveal(),
			id, fmt.Sprint("E_", n), "PJ0MRSHTDG", fmt.Sprint("C", n/10), text, says)
		return post("/"+cfg.PathToken.Reveal(), nil, body)
	}}
}

// post is a delivery to path, of JSON if the header says nothing else.
func post(path string, h http.Header, body []byte) connectors.Delivery {
	if h == nil {
		h = http.Header{}
	}
	if h.Get("Content-Type") == "" {
		h.Set("Content-Type", "application/json")
	}
	return connectors.Delivery{Method: http.MethodPost, Path: path, Header: h, Body: body}
}

// sample is a body of another desk's testdata.
func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	folder, file := filepath.Split(name)
	data, err := os.ReadFile(filepath.Join("..", folder, "testdata", file))
	require.NoError(tb, err)
	return data
}

// fill puts new texts in the place of old ones, given in pairs.
func fill(body []byte, pairs ...string) []byte {
	for i := 0; i < len(pairs); i += 2 {
		if !bytes.Contains(body, []byte(pairs[i])) {
			panic("the sample does not hold " + pairs[i])
		}
		body = bytes.ReplaceAll(body, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	return body
}

// must is for what cannot go wrong with the settings of these tests.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// kind is the kind of desk that an entry of desks is of.
func kind(name string) string {
	kind, _, _ := strings.Cut(name, "-")
	return kind
}

// A desk that nobody put into the table takes no part in the tests here.
func TestEveryDeskTakesPart(t *testing.T) {
	t.Parallel()
	known, folders := map[string]bool{}, map[string]bool{}
	for name, make := range desks {
		known[kind(name)] = true
		c := reflect.TypeOf(make(t, &company{}).connector)
		folders[path.Base(c.Elem().PkgPath())] = true
	}
	kinds := registered(t)
	for _, k := range kinds {
		require.True(t, known[k], "kind %s of cmd/sufflor has no entry in desks", k)
	}
	for k := range known {
		require.Contains(t, kinds, k, "no configuration can name it")
	}
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && e.Name() != "connectortest" {
			require.True(t, folders[e.Name()], "connectors/%s has no entry in desks", e.Name())
		}
	}
}

// registered are the kinds of desks that a configuration may name: the keys of
// deskKinds.
func registered(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "cmd", "sufflor", "desks.go"), nil, 0)
	require.NoError(t, err)
	var kinds []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || spec.Names[0].Name != "deskKinds" {
			return true
		}
		for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
			k, err := strconv.Unquote(e.(*ast.KeyValueExpr).Key.(*ast.BasicLit).Value)
			require.NoError(t, err)
			kinds = append(kinds, k)
		}
		return false
	})
	require.NotEmpty(t, kinds, "deskKinds is somewhere else by now")
	return kinds
}
