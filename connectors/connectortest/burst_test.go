package connectortest_test

import (
	"bytes"
	"context"
	"crypto"
	crand "crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/connectors/freshworks"
	"github.com/sufflor/sufflor/connectors/liveagent"
	"github.com/sufflor/sufflor/connectors/livechat"
	"github.com/sufflor/sufflor/connectors/meta"
	"github.com/sufflor/sufflor/connectors/slack"
	"github.com/sufflor/sufflor/connectors/standard"
	"github.com/sufflor/sufflor/connectors/teams"
	"github.com/sufflor/sufflor/connectors/zendesk"
	"github.com/sufflor/sufflor/store"
)

// burstClock is when all deliveries of a burst are signed and sent.
var burstClock = time.Unix(1785000000, 0)

// burstDesk is one kind of desk in a burst.
type burstDesk struct {
	connector connectors.Connector

	// message is a delivery of message n as its vendor signs it, the same for
	// the same n. It holds one event or more, each with text(n) or none.
	message func(n int) connectors.Delivery
}

// burstDesks make the desks of a burst, by kind. A new kind of desk is one
// entry here.
var burstDesks = map[string]func(tb testing.TB) burstDesk{
	"freshworks": func(tb testing.TB) burstDesk {
		tb.Helper()
		key, err := rsa.GenerateKey(crand.Reader, 2048)
		require.NoError(tb, err)
		der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
		require.NoError(tb, err)
		c, err := freshworks.NewChat(freshworks.ChatConfig{
			App: "a1553a5a-9eed-48e8-9fc7-9106080f509d", PublicKey: base64.StdEncoding.EncodeToString(der),
		}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "freshworks/freshchat_customer_message.json"), sample(tb, "freshworks/freshchat_agent_reply.json")
		return burstDesk{c, func(n int) connectors.Delivery {
			body := fill(customer, "6896afdc-23bc-45cc-8bfe-d5ecfbab6dc1", fmt.Sprint("m-", n), "ac2175df14d36caf64e9a578fad89070", fmt.Sprint("c-", n/10),
				"Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", text(n))
			if n%5 == 0 {
				body = fill(agent, "6896afdc-23bc-45cc-8bfe-d5ecfbab6dc4", fmt.Sprint("m-", n), "ac2175df14d36caf64e9a578fad89070", fmt.Sprint("c-", n/10),
					"Hallo Anna, das Paket wird morgen zugestellt.", text(n))
			}
			sum := sha256.Sum256(body)
			sig, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
			if err != nil {
				panic(err) // a key of this size signs every sum
			}
			h := http.Header{"X-Freshchat-Signature": {base64.StdEncoding.EncodeToString(sig)}}
			return connectors.Delivery{Method: http.MethodPost, Header: h, Body: body}
		}}
	},
	"liveagent": func(tb testing.TB) burstDesk {
		tb.Helper()
		c, err := liveagent.New(liveagent.Config{
			Account: "nordwind", PathToken: config.NewSecret("5b1c0f7a9e"), APIKey: config.NewSecret("v3-key"), Agent: "1pkaew79", TimeZone: "UTC",
		}, connectors.NewClient(0, nil, func() time.Time { return burstClock }))
		require.NoError(tb, err)
		customer := sample(tb, "liveagent/rule_customer_message.json")
		return burstDesk{c, func(n int) connectors.Delivery { // a hint: the ticket, and no text
			body := fill(customer, "r5v4x6q1", fmt.Sprint("t", n/10), "Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", text(n))
			return connectors.Delivery{Method: http.MethodPost, Path: "/5b1c0f7a9e", Header: http.Header{}, Body: body}
		}}
	},
	"livechat": func(tb testing.TB) burstDesk {
		tb.Helper()
		c, err := livechat.New(livechat.Config{
			Organization: "390e44e6-f1e6-4368-a6dd-74a14508c2e1", PathToken: config.NewSecret("9d2f6c1b"), SecretKey: config.NewSecret("lc_secret_u8Zk2pQ0"),
		}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "livechat/incoming_event_customer.json"), sample(tb, "livechat/incoming_event_agent_reply.json")
		return burstDesk{c, func(n int) connectors.Delivery {
			body := fill(customer, "K600PKZON8_7", fmt.Sprint("E_", n), "PJ0MRSHTDG", fmt.Sprint("C", n/10),
				"Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", text(n))
			if n%5 == 0 {
				body = fill(agent, "K600PKZON8_10", fmt.Sprint("E_", n), "PJ0MRSHTDG", fmt.Sprint("C", n/10),
					"Hallo Anna, das Paket wird morgen zugestellt.", text(n))
			}
			return connectors.Delivery{Method: http.MethodPost, Path: "/9d2f6c1b", Header: http.Header{}, Body: body}
		}}
	},
	"meta": func(tb testing.TB) burstDesk {
		tb.Helper()
		secret := config.NewSecret("0f5c2c9b7a1e4d3f8a6b5c4d3e2f1a0b")
		c, err := meta.New(meta.Config{
			AppSecrets: []config.Secret{secret}, VerifyToken: config.NewSecret("verify_me_4f2a"),
			Accounts: []string{"106540352242922", "112233445566778"},
		}, nil)
		require.NoError(tb, err)
		whatsApp, echo := sample(tb, "meta/whatsapp_text.json"), sample(tb, "meta/messenger_echo_agent_reply.json")
		return burstDesk{c, func(n int) connectors.Delivery {
			body := fill(whatsApp, `wamid.HBgNNDkxNTExMjM0NTY3OBUCABIYFDNBMTExMTExMTExMTExMTExMTExAA==`, fmt.Sprint("wamid.", n),
				"4915112345678", fmt.Sprint("49", 100000000+n/10), `Hallo, meine Bestellung #55871 ist seit 5 Tagen \u00fcberf\u00e4llig \ud83d\ude15 \u2013 wann kommt sie an?`, text(n))
			if n%5 == 0 {
				body = fill(echo, "m_AbCd04", fmt.Sprint("m_", n), "7788990011223344", fmt.Sprint(7788990000000000+n/10),
					"Hallo Anna, das Paket wird morgen zugestellt.", text(n))
			}
			return connectors.Delivery{Method: http.MethodPost, Header: meta.Sign(secret, body), Body: body}
		}}
	},
	"slack": func(tb testing.TB) burstDesk {
		tb.Helper()
		secret := config.NewSecret("00112233445566778899aabbccddeeff")
		c, err := slack.New(slack.Config{SigningSecret: secret, Team: "T01NORDWIND", App: "A01COPILOT1", BotUser: "U01COPILOTB"}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "slack/customer_message.json"), sample(tb, "slack/agent_reply.json")
		return burstDesk{c, func(n int) connectors.Delivery {
			ts := fmt.Sprintf("1784%06d.%06d", n/10, n)
			body := fill(customer, "1784999993.412339", ts, "Ev0NORD0001", fmt.Sprint("Ev", n),
				"Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig :confused: – wann kommt sie an?", text(n))
			if n%5 == 0 {
				body = fill(agent, "1784999997.552109", ts, "Ev0NORD0003", fmt.Sprint("Ev", n),
					`"text":"Guten Tag Anna, Ihre Bestellung #55871 wurde heute versendet.","team"`, `"text":"`+text(n)+`","team"`)
			}
			h := slack.Sign(secret, body, burstClock)
			h.Set("Content-Type", "application/json")
			return connectors.Delivery{Method: http.MethodPost, Path: "/events", Header: h, Body: body}
		}}
	},
	"standard": func(tb testing.TB) burstDesk {
		tb.Helper()
		secret := config.NewSecret("whsec_AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=")
		c, err := standard.New(standard.Config{Tenant: "nordwind", Secrets: []config.Secret{secret}}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "standard/message_created_customer.json"), sample(tb, "standard/message_created_agent_reply.json")
		return burstDesk{c, func(n int) connectors.Delivery {
			body := fill(customer, "m_90122", fmt.Sprint("m_", n), "c_4711", fmt.Sprint("c_", n/10),
				"Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?", text(n))
			if n%5 == 0 {
				body = fill(agent, "m_90125", fmt.Sprint("m_", n), "c_4711", fmt.Sprint("c_", n/10), "Hallo Anna, das Paket wird morgen zugestellt.", text(n))
			}
			h, err := standard.Sign(secret, fmt.Sprint("msg_", n), body, burstClock)
			if err != nil {
				panic(err) // an id of digits
			}
			return connectors.Delivery{Method: http.MethodPost, Header: h, Body: body}
		}}
	},
	"teams": func(tb testing.TB) burstDesk {
		tb.Helper()
		token := config.NewSecret("MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=")
		c, err := teams.New(teams.Config{
			TenantID: "00000000-0000-4000-8000-0000000000aa", OutgoingToken: token, Agents: []string{"11111111-1111-4111-8111-111111111111"},
		}, nil)
		require.NoError(tb, err)
		question := sample(tb, "teams/outgoing_webhook_message.json")
		return burstDesk{c, func(n int) connectors.Delivery {
			body := fill(question, "1784999993412", fmt.Sprint(1784999000000+n), "Vorschlag für Bestellung #55871 – überfällig 😕", text(n))
			h, err := teams.Sign(token, body)
			if err != nil {
				panic(err) // a token that New took
			}
			return connectors.Delivery{Method: http.MethodPost, Path: "/outgoing", Header: h, Body: body}
		}}
	},
	"zendesk": func(tb testing.TB) burstDesk {
		tb.Helper()
		secret := config.NewSecret("dGVzdC1vbmx5LXplbmRlc2stc2lnbmluZy1zZWNyZXQ=")
		c, err := zendesk.New(zendesk.Config{Subdomain: "d3v-nordwind-example", AccountID: "22557799", SigningSecret: secret}, nil)
		require.NoError(tb, err)
		customer, agent := sample(tb, "zendesk/comment_added_customer.json"), sample(tb, "zendesk/comment_added_agent.json")
		return burstDesk{c, func(n int) connectors.Delivery {
			body := fill(customer, "8658716406687", fmt.Sprint(8658716000000+n), `"id":"55871"`, fmt.Sprintf(`"id":"%d"`, 1000+n/10),
				"cbe4028c-7239-495d-b020-000000000001", fmt.Sprint("e-", n),
				`"body":"Hallo, meine Bestellung #55871 ist seit 5 Tagen überfällig 😕 – wann kommt sie an?"`, `"body":"`+text(n)+`"`)
			if n%5 == 0 {
				body = fill(agent, "8658716406700", fmt.Sprint(8658716000000+n), `"id":"55871"`, fmt.Sprintf(`"id":"%d"`, 1000+n/10),
					`"body":"Guten Tag Anna, Ihre Bestellung #55871 wurde heute versendet."`, `"body":"`+text(n)+`"`)
			}
			return connectors.Delivery{Method: http.MethodPost, Header: zendesk.Sign(secret, "22557799", body, burstClock), Body: body}
		}}
	},
}

// text is what message n says.
func text(n int) string { return fmt.Sprintf("Nachricht %d, wo bleibt mein Paket?", n) }

// sample is a body of another desk's testdata.
func sample(tb testing.TB, name string) []byte {
	tb.Helper()
	desk, file := filepath.Split(name)
	data, err := os.ReadFile(filepath.Join("..", desk, "testdata", file))
	require.NoError(tb, err)
	return data
}

// fill puts new texts in the place of old ones, given in pairs.
func fill(body []byte, pairs ...string) []byte {
	for i := 0; i < len(pairs); i += 2 {
		body = bytes.ReplaceAll(body, []byte(pairs[i]), []byte(pairs[i+1]))
	}
	return body
}

// burst is an intake with all desks in front of a store on disk.
type burst struct {
	dir    string
	store  *store.Store
	intake *connectors.Intake
	desks  map[string]burstDesk
	kinds  []string
}

const burstWorkspace = "w"

func newBurst(tb testing.TB) *burst {
	tb.Helper()
	b := &burst{dir: tb.TempDir(), desks: map[string]burstDesk{}}
	b.open(tb)
	b.intake = &connectors.Intake{
		Desks: map[string]connectors.Desk{}, Now: func() time.Time { return burstClock },
		Accept: func(ctx context.Context, desk connectors.Desk, events []connectors.Event) error {
			_, err := b.store.Accept(ctx, desk.Workspace, desk.Name, events)
			return err
		},
	}
	for kind, make := range burstDesks {
		b.kinds = append(b.kinds, kind)
		b.desks[kind] = make(tb)
		b.intake.Desks[kind] = connectors.Desk{Name: kind, Workspace: burstWorkspace, Kind: kind, Connector: b.desks[kind].connector}
	}
	slices.Sort(b.kinds)
	return b
}

func (b *burst) open(tb testing.TB) {
	tb.Helper()
	s, err := store.Open(tb.Context(), store.Options{Dir: b.dir})
	require.NoError(tb, err)
	b.store = s
	tb.Cleanup(func() { _ = s.Close() })
}

// send delivers once and returns the status.
func (b *burst) send(ctx context.Context, kind string, d connectors.Delivery) int {
	r := httptest.NewRequestWithContext(ctx, d.Method, "/hooks/"+kind+d.Path, bytes.NewReader(d.Body))
	r.Header = d.Header.Clone()
	if r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	b.intake.ServeHTTP(w, r)
	return w.Code
}

// One intake takes 2,000 deliveries of all desks at once, each sent twice as
// vendors do. Whatever was acknowledged is on disk once, none twice.
func TestBurst(t *testing.T) {
	t.Parallel()
	const deliveries, senders = 2000, 16
	b := newBurst(t)

	type item struct {
		kind string
		n    int
	}
	var all []item
	for n := range deliveries {
		it := item{b.kinds[n%len(b.kinds)], n}
		all = append(all, it, it)
	}
	rnd := rand.New(rand.NewPCG(1, 2)) // the same order each time
	rnd.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })

	var next, again atomic.Int64
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(all) {
					return
				}
				it := all[i]
				d := b.desks[it.kind].message(it.n)
				status := 0
				for range 50 { // a vendor comes back after 409 or 503
					if status = b.send(t.Context(), it.kind, d); status == http.StatusOK {
						break
					}
					if status != http.StatusConflict && status != http.StatusServiceUnavailable {
						break
					}
					again.Add(1)
				}
				if status != http.StatusOK {
					t.Errorf("%s %d: status %d", it.kind, it.n, status)
				}
			}
		})
	}
	wg.Wait()
	require.NoError(t, b.store.Close())
	b.open(t) // what counts is on disk

	events := 0
	for n := range deliveries {
		kind := b.kinds[n%len(b.kinds)]
		d := b.desks[kind].message(n)
		rec, err := b.desks[kind].connector.Read(d)
		require.NoError(t, err)
		require.NotEmpty(t, rec.Events, "%s %d", kind, n)
		for _, want := range rec.Events {
			events++
			got, err := b.store.Event(t.Context(), kind, want.Key)
			require.NoError(t, err, "lost: %s %s", kind, want.Key)
			require.Equal(t, want.Kind, got.Kind)
			require.Equal(t, want.Text, got.Text)
			require.Contains(t, []string{text(n), ""}, got.Text, "%s %d", kind, n)
		}
	}
	require.Equal(t, events, b.stored(t), "doubled, or two deliveries with one key")
	depth, err := b.store.QueueDepth(t.Context())
	require.NoError(t, err)
	require.Equal(t, events, depth, "one job for each event")
	t.Logf("%d deliveries of %d desks, %d events, %d sent again after 409 or 503", len(all), len(b.kinds), events, again.Load())
	b.missing(t)
}

// stored counts the events in the store by its feed.
func (b *burst) stored(t *testing.T) int {
	t.Helper()
	count, after := 0, int64(0)
	for {
		items, err := b.store.Feed(t.Context(), burstWorkspace, after, 500)
		require.NoError(t, err)
		if len(items) == 0 {
			return count
		}
		for _, it := range items {
			after = it.Seq
			if it.Kind == store.FeedEvent {
				count++
			}
		}
	}
}

// missing says which desks have no entry in burstDesks.
func (b *burst) missing(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && e.Name() != "connectortest" && burstDesks[e.Name()] == nil {
			t.Logf("%s is not in burstDesks", e.Name())
		}
	}
}

// How long a desk waits for its acknowledgement while 16 others deliver: verify,
// read, and two writes to disk that are committed together with others'.
func BenchmarkAcknowledge(b *testing.B) {
	all := newBurst(b)
	var n atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		var mine []time.Duration
		for pb.Next() {
			i := int(n.Add(1))
			kind := all.kinds[i%len(all.kinds)]
			d := all.desks[kind].message(i)
			start := time.Now()
			status := all.send(b.Context(), kind, d)
			mine = append(mine, time.Since(start))
			if status != http.StatusOK {
				b.Errorf("%s %d: status %d", kind, i, status)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		took = append(took, mine...)
	})
	slices.Sort(took)
	at := func(q float64) float64 {
		return float64(took[min(len(took)-1, int(q*float64(len(took))))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.50), "p50-ms")
	b.ReportMetric(at(0.99), "p99-ms")
	b.ReportMetric(float64(len(took))/b.Elapsed().Seconds(), "deliveries/s")
}
