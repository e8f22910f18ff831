package llm_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/llm"
)

func TestAReplyComesWholeAndInPieces(t *testing.T) {
	each(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		path := map[llm.Provider]string{llm.OpenAI: "/v1/chat/completions", llm.Mistral: "/v1/chat/completions", llm.Anthropic: "/v1/messages", llm.Ollama: "/api/chat"}[p]
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				t.Errorf("asked for %s", r.URL.Path)
			}
			answering(200, reply(p, "Pakken ", "er på ", "vei.\n"))(w, r)
		})
		if p != llm.Ollama {
			url += "/v1/"
		}
		m := model(t, p, url)
		var pieces []string
		got, err := m.Generate(t.Context(), prompt, func(s string) { pieces = append(pieces, s) })
		require.NoError(t, err)
		require.Equal(t, "Pakken er på vei.\n", got.Text)
		require.Equal(t, []string{"Pakken ", "er på ", "vei.\n"}, pieces)
		require.Equal(t, "m-1", got.Model)
		require.Equal(t, llm.Tokens{In: 30, Out: 7}, got.Tokens)
		require.Equal(t, string(p)+"/m", m.Name())
	})
}

func TestWhatServersDoWrong(t *testing.T) {
	html := "<html><body>502 Bad Gateway " + key + " a customer's words</body></html>"
	quoting := `{"error":{"message":"Incorrect key ` + key + ` for a customer's words","type":"x"}}`
	for _, tt := range []struct {
		name   string
		status int
		body   func(p llm.Provider) string
		want   llm.Cause
		says   string
	}{
		{"a reply that was cut at its length", 200, func(p llm.Provider) string {
			return starting(p, 3) + piece(p, "half a") + ending(p, cut[p], 3, 500)
		}, llm.Truncated, "model.max_tokens"},
		{"a stream that ends without a reason", 200, func(p llm.Provider) string { return starting(p, 3) + piece(p, "half a") }, llm.Broken, "broke off"},
		{"a stream that ends in the middle of a line", 200, func(p llm.Provider) string { return strings.TrimRight(starting(p, 3)+piece(p, "half a"), "}\n") }, llm.Broken, ""},
		{"half JSON in the middle", 200, func(p llm.Provider) string {
			return starting(p, 3) + strings.Replace(piece(p, "half a"), `"`, ``, 1) + ending(p, whole[p], 1, 1)
		}, llm.Broken, "broken JSON"},
		{"an error event in the middle", 200, func(p llm.Provider) string {
			return starting(p, 3) + piece(p, "half a") + line(p, obj{"type": "error", "error": obj{"message": "upstream died, " + key + " a customer's words"}}) + piece(p, " rest") + ending(p, whole[p], 1, 1)
		}, llm.Overloaded, "reported an error"},
		{"an error event that is a text", 200, func(p llm.Provider) string {
			return piece(p, "half a") + line(p, obj{"error": "CUDA out of memory"}) + ending(p, whole[p], 1, 1)
		}, llm.Overloaded, ""},
		{"an error event that limits us", 200, func(p llm.Provider) string {
			return line(p, obj{"error": obj{"type": "rate_limit_error", "message": "slow"}})
		}, llm.RateLimited, "model.rate"},
		{"an error event about the length", 200, func(p llm.Provider) string {
			return line(p, obj{"error": obj{"code": "context_length_exceeded", "message": "maximum context length is 4096"}})
		}, llm.TooLong, "model.context"},
		{"a filter in the middle", 200, func(p llm.Provider) string {
			word := map[llm.Provider]string{llm.Anthropic: "refusal"}[p]
			if word == "" {
				word = "content_filter"
			}
			return starting(p, 3) + piece(p, "half a") + ending(p, word, 1, 1)
		}, llm.Filtered, "filter"},
		{"an end that nobody knows", 200, func(p llm.Provider) string { return starting(p, 3) + piece(p, "half a") + ending(p, "because", 1, 1) }, llm.Broken, "proper"},
		{"a call of a tool that nobody asked for", 200, func(p llm.Provider) string { return starting(p, 3) + piece(p, "{}") + ending(p, "tool_use", 1, 1) }, llm.Broken, ""},
		{"no text", 200, func(p llm.Provider) string { return reply(p) }, llm.Empty, "wrote nothing"},
		{"spaces for a text", 200, func(p llm.Provider) string { return reply(p, " \n", "\t") }, llm.Empty, "wrote nothing"},
		{"an empty body", 200, func(llm.Provider) string { return "" }, llm.Empty, "model.url"},
		{"a body of line breaks", 200, func(llm.Provider) string { return "\n\n\r\n" }, llm.Empty, ""},
		{"null", 200, func(llm.Provider) string { return "null\n" }, llm.Empty, ""},
		{"a web page", 200, func(llm.Provider) string { return html }, llm.Broken, "HTML"},
		{"a list", 200, func(p llm.Provider) string { return line(p, []any{1, 2}) }, llm.Broken, "broken JSON"},
		{"Latin-1", 200, func(p llm.Provider) string { return strings.ReplaceAll(reply(p, "Pakken er på vei"), "å", "\xe5") }, llm.Broken, "UTF-8"},
		{"a line of two megabytes", 200, func(p llm.Provider) string { return reply(p, strings.Repeat("x", 2<<20)) }, llm.Broken, "longer than 1 MB"},
		{"a reply of ten megabytes", 200, func(p llm.Provider) string {
			return strings.Repeat(piece(p, strings.Repeat("x", 1000)), 10<<10)
		}, llm.Truncated, "ignores the limit"},
		{"ten megabytes of nothing", 200, func(p llm.Provider) string {
			return starting(p, 1) + strings.Repeat(line(p, obj{"type": "ping", "pad": strings.Repeat("x", 4000)}), 2600)
		}, llm.Broken, "larger than 8 MB"},
		{"a wrong key", 401, func(llm.Provider) string { return quoting }, llm.Refused, "model.key"},
		{"a key that may not", 403, func(llm.Provider) string { return quoting }, llm.Refused, "model.key"},
		{"no credit", 402, func(llm.Provider) string { return quoting }, llm.Refused, "credit"},
		{"no quota", 429, func(llm.Provider) string { return `{"error":{"code":"insufficient_quota"}}` }, llm.Refused, "credit"},
		{"no such model", 404, func(llm.Provider) string { return quoting }, llm.NotFound, "ollama pull"},
		{"a request that is too long", 400, func(llm.Provider) string {
			return `{"error":{"message":"This model's maximum context length is 4096"}}`
		}, llm.TooLong, "model.context"},
		{"a body that is too large", 413, func(llm.Provider) string { return html }, llm.TooLong, ""},
		{"a request that is not understood", 400, func(llm.Provider) string { return quoting }, llm.Refused, "setting"},
		{"a prompt that a filter refuses", 400, func(llm.Provider) string { return `{"error":{"code":"content_filter"}}` }, llm.Filtered, ""},
		{"nothing", 204, func(llm.Provider) string { return "" }, llm.Empty, "204"},
		{"another success", 202, func(llm.Provider) string { return quoting }, llm.Broken, "202"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, p llm.Provider) {
				t.Helper()
				var requests atomic.Int32
				logs := &watched{}
				m := model(t, p, serve(t, func(w http.ResponseWriter, r *http.Request) {
					requests.Add(1)
					answering(tt.status, tt.body(p))(w, r)
				}), logged(logs), func(o *llm.Options) {
					o.Deadline, o.FirstByte, o.BetweenChunks = time.Minute, time.Minute, time.Minute
				})
				got, err := m.Generate(t.Context(), prompt, func(string) {})
				requireCause(t, tt.want, err)
				require.ErrorContains(t, err, tt.says)
				require.Zero(t, got)
				require.Equal(t, 1, strings.Count(logs.String(), "model gave no reply"), logs.String())
				require.Contains(t, logs.String(), "cause="+string(tt.want))
				require.Contains(t, logs.String(), "workspace=w")
				require.NotContains(t, logs.String(), "sk-")
				require.NotContains(t, logs.String(), "customer")
				if tt.status != 200 {
					require.EqualValues(t, 1, requests.Load(), "not asked again")
				}
			})
		})
	}
}

func TestServersThatFailAreAskedThreeTimes(t *testing.T) {
	for _, status := range []int{500, 502, 503, 529, 408} {
		bubble(t, func(t *testing.T, p llm.Provider) {
			t.Helper()
			var requests atomic.Int32
			m := model(t, p, "http://h", over(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				w.Header().Set("Content-Type", "text/html")
				answering(status, "<html>"+key+"</html>")(w, r)
			}))
			_, err := m.Generate(t.Context(), prompt, nil)
			requireCause(t, llm.Overloaded, err)
			require.ErrorContains(t, err, fmt.Sprint(status))
			require.EqualValues(t, 3, requests.Load())
		})
	}
}

func TestTheSecondAttemptMayGiveTheReply(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		var requests atomic.Int32
		var bodies []string
		network := over(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			bodies = append(bodies, string(body))
			if requests.Add(1) == 1 {
				w.WriteHeader(503)
				return
			}
			answering(200, reply(p, "ja"))(w, r)
		})
		got, err := model(t, p, "http://h", network).Generate(t.Context(), prompt, func(string) {})
		require.NoError(t, err)
		require.Equal(t, "ja", got.Text)
		require.Equal(t, bodies[0], bodies[1], "the same is asked")
		require.Contains(t, bodies[0], "hvor er pakken")
	})
}

// hangUp ends a connection without a word.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func TestConnectionsThatBreak(t *testing.T) {
	bubble(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		var requests atomic.Int32
		_, err := model(t, p, "http://h", over(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			requests.Add(1)
			hangUp(w)
		})).Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Unreachable, err)
		require.ErrorContains(t, err, "model.url")
		require.EqualValues(t, 3, requests.Load())

		requests.Store(0)
		m := model(t, p, "http://h", over(t, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			answering(200, starting(p, 3)+piece(p, "half a"))(w, r)
			w.(http.Flusher).Flush()
			hangUp(w)
		}))
		_, err = m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Unreachable, err)
		require.EqualValues(t, 3, requests.Load(), "nobody saw a piece")

		requests.Store(0)
		shown := ""
		_, err = m.Generate(t.Context(), prompt, func(s string) { shown += s })
		requireCause(t, llm.Unreachable, err)
		require.Equal(t, "half a", shown)
		require.EqualValues(t, 1, requests.Load(), "pieces that were shown are not shown twice")
	})
}

func TestNobodyListens(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	each(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		_, err := model(t, p, s.URL).Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Unreachable, err)
		require.ErrorContains(t, err, "refused")
	})
}

func TestTheKeyDoesNotFollowRedirects(t *testing.T) {
	each(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		other := serve(t, func(_ http.ResponseWriter, r *http.Request) { t.Errorf("asked with %v", r.Header) })
		for _, status := range []int{301, 302, 307, 308} {
			url := serve(t, http.RedirectHandler(other, status).ServeHTTP)
			_, err := model(t, p, url).Generate(t.Context(), prompt, nil)
			requireCause(t, llm.NotFound, err)
			require.ErrorContains(t, err, "model.url")
		}
	})
}

func TestALineOf64KBIsRead(t *testing.T) {
	each(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		long := strings.Repeat("blåbær ", 15000) // 135 KB, more than langchaingo's scanner takes
		m := model(t, p, serve(t, answering(200, reply(p, "a", long, "b"))), func(o *llm.Options) { o.MaxTokens, o.Context = 20000, 30000 })
		got, err := m.Generate(t.Context(), prompt, nil)
		require.NoError(t, err)
		require.Equal(t, "a"+long+"b", got.Text)
	})
}

func TestServersThatDoNotStream(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    llm.Provider
		body string
		want llm.Cause
	}{
		{"OpenAI's", llm.OpenAI, `{"model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":"ja"},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":7}}`, llm.OK},
		{"Anthropic's", llm.Anthropic, `{"model":"m-1","content":[{"type":"text","text":"ja"}],"stop_reason":"end_turn","usage":{"input_tokens":30,"output_tokens":7}}`, llm.OK},
		{"Ollama's", llm.Ollama, `{"model":"m-1","message":{"content":"ja"},"done":true,"done_reason":"stop","prompt_eval_count":30,"eval_count":7}`, llm.OK},
		{"a list of parts", llm.OpenAI, `{"model":"m-1","choices":[{"message":{"content":[{"type":"thinking","thinking":[]},{"type":"text","text":"j"},{"type":"text","text":"a"}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":30,"completion_tokens":7}}`, llm.OK},
		{"cut", llm.OpenAI, `{"choices":[{"message":{"content":"ja"},"finish_reason":"length"}]}`, llm.Truncated},
		{"cut, Anthropic's", llm.Anthropic, `{"content":[{"type":"text","text":"ja"}],"stop_reason":"max_tokens"}`, llm.Truncated},
		{"without an end", llm.OpenAI, `{"choices":[{"message":{"content":"ja"}}]}`, llm.Broken},
		{"without choices", llm.OpenAI, `{"choices":[]}`, llm.Empty},
		{"an error of status 200", llm.OpenAI, `{"error":{"message":"` + key + `"}}`, llm.Overloaded},
		{"half", llm.OpenAI, `{"choices":[{"message":{"content":"ja"}`, llm.Broken},
		{"of three megabytes", llm.OpenAI, `{"choices":"` + strings.Repeat("x", 3<<20) + `"}`, llm.Broken},
		{"of the wrong charset", llm.OpenAI, "{\"choices\":\"\xe5\"}", llm.Broken},
		{"refused", llm.OpenAI, `{"choices":[{"message":{"content":null,"refusal":"no"},"finish_reason":"stop"}]}`, llm.Filtered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := model(t, tt.p, serve(t, answering(200, tt.body))).Generate(t.Context(), prompt, func(string) {})
			if tt.want != llm.OK {
				requireCause(t, tt.want, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "ja", got.Text)
			require.Equal(t, llm.Tokens{In: 30, Out: 7}, got.Tokens)
		})
	}
}

func TestPeculiarStreamsOfOpenAIsKind(t *testing.T) {
	const p = llm.OpenAI
	stop := `data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	for _, tt := range []struct {
		name, body string
		want       llm.Cause
	}{
		{"comments and other fields", ": OPENROUTER PROCESSING\n\nid: 1\nretry: 3\nevent: x\n" + piece(p, "ja") + ": ping\n\n" + stop + "data: [DONE]\n\n", llm.OK},
		{"no space after data", strings.ReplaceAll(reply(p, "ja"), "data: ", "data:"), llm.OK},
		{"line ends of Windows and a byte order mark", "\xef\xbb\xbf" + strings.ReplaceAll(reply(p, "ja"), "\n", "\r\n"), llm.OK},
		{"no closing line", piece(p, "ja") + stop, llm.OK},
		{"no line break at the end", strings.TrimRight(piece(p, "ja")+stop, "\n"), llm.OK},
		{"an empty reason after the end, as Azure sends it", piece(p, "ja") + stop + `data: {"choices":[{"index":0,"delta":{"content":""},"finish_reason":null}]}` + "\n\ndata: [DONE]\n\n", llm.OK},
		{"the filter's results first, as Azure sends them", `data: {"choices":[],"prompt_filter_results":[{"x":1}]}` + "\n\n" + reply(p, "ja"), llm.OK},
		{"content as a list of parts", `data: {"choices":[{"delta":{"content":[{"type":"text","text":"ja"}]}}]}` + "\n\n" + stop, llm.OK},
		{"thoughts beside the reply", `data: {"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}` + "\n\n" + reply(p, "ja"), llm.OK},
		{"two choices", `data: {"choices":[{"index":1,"delta":{"content":"nei"},"finish_reason":"length"},{"index":0,"delta":{"content":"ja"}}]}` + "\n\n" + stop, llm.OK},
		{"a closing line without an end", piece(p, "ja") + "data: [DONE]\n\n", llm.Broken},
		{"an error of llama.cpp's older versions", piece(p, "ja") + `error: {"code":500,"message":"x"}` + "\n\n" + stop, llm.Overloaded},
		{"an error that is not marked as data", piece(p, "ja") + `{"error":{"message":"x"}}` + "\n" + stop, llm.Overloaded},
		{"an error of vLLM's older versions", `data: {"object":"error","message":"x","code":500}` + "\n\n", llm.Overloaded},
		{"a page in the middle", piece(p, "ja") + "<html>504</html>\n" + stop, llm.Broken},
		{"words that are no JSON", piece(p, "ja") + "data: upstream closed\n\n" + stop, llm.Broken},
		{"a refusal", `data: {"choices":[{"delta":{"refusal":"I cannot"}}]}` + "\n\n" + stop, llm.Filtered},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := model(t, p, serve(t, answering(200, tt.body))).Generate(t.Context(), prompt, nil)
			if tt.want != llm.OK {
				requireCause(t, tt.want, err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, "ja", got.Text)
		})
	}
}

func TestUTF16IsToldApart(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-16")
		_, _ = w.Write([]byte{0xff, 0xfe, 'd', 0, 'a', 0})
	})
	_, err := model(t, llm.OpenAI, url).Generate(t.Context(), prompt, nil)
	requireCause(t, llm.Broken, err)
	require.ErrorContains(t, err, "UTF-8")
}

func TestTokensAreEstimatedWhenNotTold(t *testing.T) {
	each(t, func(t *testing.T, p llm.Provider) {
		t.Helper()
		body := starting(p, 0) + piece(p, "ja takk") + ending(p, whole[p], 0, 0)
		got, err := model(t, p, serve(t, answering(200, body))).Generate(t.Context(), prompt, nil)
		require.NoError(t, err)
		require.True(t, got.Tokens.Estimated)
		require.Equal(t, llm.Estimate(prompt.System)+llm.Estimate(prompt.User), got.Tokens.In)
		require.Equal(t, llm.Estimate("ja takk"), got.Tokens.Out)
	})
}

func TestOllamaDroppedTheBeginning(t *testing.T) {
	body := piece(llm.Ollama, "ja") + ending(llm.Ollama, "stop", 4096, 1)
	_, err := model(t, llm.Ollama, serve(t, answering(200, body))).Generate(t.Context(), prompt, nil)
	requireCause(t, llm.TooLong, err)
	require.ErrorContains(t, err, "model.context")
	body = piece(llm.Ollama, "ja") + line(llm.Ollama, obj{"done": true, "eval_count": 500})
	_, err = model(t, llm.Ollama, serve(t, answering(200, body))).Generate(t.Context(), prompt, nil)
	requireCause(t, llm.Truncated, err)
}

func TestASchemasReply(t *testing.T) {
	const json1 = `{"text":"ja","n":1}`
	for _, p := range providers {
		t.Run(string(p), func(t *testing.T) {
			body := reply(p, json1[:7], json1[7:])
			if p == llm.Anthropic { // the input of a tool, in pieces, after some chatter
				body = starting(p, 30) + piece(p, "Here it is:") + line(p, obj{"type": "content_block_start", "index": 1, "content_block": obj{"type": "tool_use", "id": "t", "name": "draft", "input": obj{}}})
				for _, s := range []string{"", json1[:7], json1[7:]} {
					body += line(p, obj{"type": "content_block_delta", "index": 1, "delta": obj{"type": "input_json_delta", "partial_json": s}})
				}
				body += line(p, obj{"type": "content_block_stop", "index": 1}) + ending(p, "tool_use", 30, 7)
			}
			q := prompt
			q.Schema = form
			var pieces []string
			got, err := model(t, p, serve(t, answering(200, body))).Generate(t.Context(), q, func(s string) { pieces = append(pieces, s) })
			require.NoError(t, err)
			require.Equal(t, json1, got.Text)
			require.Equal(t, []string{json1[:7], json1[7:]}, pieces)
			require.NoError(t, form.Check(got.Text))
		})
	}
	for _, garbage := range []string{"{}", `{"text":`, "```json\n" + json1 + "\n```", "\x01\u202e", `[{"text":1}]`} {
		q := prompt
		q.Schema = form
		got, err := model(t, llm.OpenAI, serve(t, answering(200, reply(llm.OpenAI, garbage)))).Generate(t.Context(), q, nil)
		require.NoError(t, err, "what a model wrote is the caller's to judge")
		require.Equal(t, garbage, got.Text)
		require.Error(t, form.Check(got.Text))
	}
}

func TestWhatIsSent(t *testing.T) {
	seed, none := 0, func(*llm.Options) {}
	withForm := prompt
	withForm.Schema = form
	for _, tt := range []struct {
		name   string
		p      llm.Provider
		prompt llm.Prompt
		change func(*llm.Options)
		path   string
		want   string // JSON that must be in the request
		never  []string
	}{
		{"the old name of the limit for servers that know no other", llm.OpenAI, prompt, none, "/chat/completions", `{"max_tokens":500,"temperature":0,"stream":true,"stream_options":{"include_usage":true}}`, []string{"max_completion_tokens", "seed", "top_p", "response_format", "metadata"}},
		{"two messages of one text", llm.OpenAI, prompt, none, "", `{"messages":[{"role":"system","content":"You write drafts."},{"role":"user","content":"A customer's words: hvor er pakken?"}]}`, nil},
		{"one text for models without a system message", llm.OpenAI, prompt, func(o *llm.Options) { o.Model = "o1" }, "", `{"messages":[{"role":"user","content":"You write drafts.\n\nA customer's words: hvor er pakken?"}]}`, []string{"temperature"}},
		{"no temperature for models that refuse it", llm.OpenAI, prompt, func(o *llm.Options) { o.Model, o.Temperature = "gpt-5-mini", 0.2 }, "", `{"max_tokens":500}`, []string{"temperature"}},
		{"the prompt's own limit and temperature", llm.OpenAI, llm.Prompt{Workspace: "w", User: "x", MaxTokens: 20, Temperature: 0.5}, func(o *llm.Options) { o.Temperature = 0.1 }, "", `{"max_tokens":20,"temperature":0.5}`, nil},
		{"top_p and a seed of 0", llm.OpenAI, prompt, func(o *llm.Options) { o.TopP, o.Seed = 0.9, &seed }, "", `{"top_p":0.9,"seed":0}`, nil},
		{"a schema", llm.OpenAI, withForm, none, "", `{"response_format":{"type":"json_schema","json_schema":{"name":"draft","strict":true,"schema":` + string(form.JSON) + `}}}`, nil},
		{"a JSON object", llm.OpenAI, withForm, func(o *llm.Options) { o.JSON = llm.JSONObject }, "", `{"response_format":{"type":"json_object"}}`, nil},
		{"no form", llm.OpenAI, withForm, func(o *llm.Options) { o.JSON = llm.JSONNone }, "", `{}`, []string{"response_format"}},
		{"Azure", llm.OpenAI, prompt, func(o *llm.Options) { o.APIVersion = "2024-10-21" }, "/openai/deployments/m/chat/completions?api-version=2024-10-21", `{"max_completion_tokens":500}`, []string{"max_tokens"}},
		{"Mistral", llm.Mistral, withForm, func(o *llm.Options) { o.Seed = &seed }, "/chat/completions", `{"max_tokens":500,"random_seed":0,"temperature":0}`, []string{"stream_options", "seed", "max_completion_tokens"}},
		{"Anthropic", llm.Anthropic, prompt, none, "/messages", `{"max_tokens":500,"stream":true,"system":"You write drafts.","temperature":0}`, []string{"tools", "tool_choice"}},
		{"Anthropic with a schema", llm.Anthropic, withForm, none, "", `{"tools":[{"name":"draft","description":"Give the reply.","input_schema":` + string(form.JSON) + `}],"tool_choice":{"type":"tool","name":"draft"}}`, nil},
		{"Anthropic without a system message", llm.Anthropic, llm.Prompt{Workspace: "w", System: "x"}, none, "", `{"messages":[{"role":"user","content":"x"}]}`, []string{"system"}},
		{"Ollama", llm.Ollama, prompt, func(o *llm.Options) { o.Seed, o.TopP = &seed, 0.9 }, "/api/chat", `{"stream":true,"options":{"num_predict":500,"num_ctx":4096,"temperature":0,"seed":0,"top_p":0.9}}`, []string{"format"}},
		{"Ollama with a schema", llm.Ollama, withForm, none, "", `{"format":` + string(form.JSON) + `}`, nil},
		{"Ollama with a JSON object", llm.Ollama, withForm, func(o *llm.Options) { o.JSON = llm.JSONObject }, "", `{"format":"json"}`, nil},
		{"Ollama with a long prompt", llm.Ollama, llm.Prompt{Workspace: "w", User: strings.Repeat("ord og ", 3000)}, none, "", `{"options":{"num_predict":500,"num_ctx":8192,"temperature":0}}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got map[string]any
			var at string
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				at = r.URL.RequestURI()
				body, _ := io.ReadAll(r.Body)
				if err := json.Unmarshal(body, &got); err != nil {
					t.Error(err)
				}
				if tt.p == llm.Anthropic && tt.prompt.Schema != nil {
					answering(200, `{"content":[{"type":"tool_use","input":{}}],"stop_reason":"tool_use"}`)(w, r)
					return
				}
				answering(200, reply(tt.p, "ja"))(w, r)
			})
			_, err := model(t, tt.p, url, tt.change).Generate(t.Context(), tt.prompt, nil)
			require.NoError(t, err)
			var want map[string]any
			require.NoError(t, json.Unmarshal([]byte(tt.want), &want))
			for k, v := range want {
				if k == "messages" && tt.p == llm.Anthropic {
					got[k] = []any{obj{"role": "user", "content": "x"}}
				}
				require.Equal(t, v, got[k], k)
			}
			for _, k := range tt.never {
				require.NotContains(t, got, k)
			}
			if tt.path != "" {
				require.Equal(t, tt.path, at)
			}
		})
	}
}

func TestOllamasContextNeverShrinks(t *testing.T) {
	var sizes []string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		var got struct {
			Options struct {
				NumCtx json.Number `json:"num_ctx"`
			}
		}
		_ = json.NewDecoder(r.Body).Decode(&got)
		sizes = append(sizes, got.Options.NumCtx.String())
		answering(200, reply(llm.Ollama, "ja"))(w, r)
	})
	m := model(t, llm.Ollama, url, func(o *llm.Options) { o.Context = 10000 })
	for _, n := range []int{1, 12000, 26000, 1} {
		_, err := m.Generate(t.Context(), llm.Prompt{Workspace: "w", User: strings.Repeat("x", n)}, nil)
		require.NoError(t, err)
	}
	require.Equal(t, []string{"4096", "8192", "10000", "10000"}, sizes, "each size makes Ollama load the model anew")
	_, err := m.Generate(t.Context(), llm.Prompt{Workspace: "w", User: strings.Repeat("x", 40000)}, nil)
	requireCause(t, llm.TooLong, err)
	require.Len(t, sizes, 4, "not asked")
}

func TestWhoSeesTheKey(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "sk-of-the-environment")
	t.Setenv("OPENAI_ORGANIZATION", "org-of-the-environment")
	t.Setenv("ANTHROPIC_API_KEY", "sk-of-the-environment")
	for _, tt := range []struct {
		name, header, value string
		p                   llm.Provider
		change              func(*llm.Options)
	}{
		{"OpenAI's kind", "Authorization", "Bearer " + key, llm.OpenAI, func(*llm.Options) {}},
		{"Mistral", "Authorization", "Bearer " + key, llm.Mistral, func(*llm.Options) {}},
		{"Azure", "Api-Key", key, llm.OpenAI, func(o *llm.Options) { o.APIVersion = "2024-10-21" }},
		{"Anthropic", "X-Api-Key", key, llm.Anthropic, func(*llm.Options) {}},
		{"Ollama behind a proxy", "Authorization", "Bearer " + key, llm.Ollama, func(*llm.Options) {}},
		{"a local server without a key", "", "", llm.OpenAI, func(o *llm.Options) { o.Key = nil }},
		{"Anthropic's without a key", "", "", llm.Anthropic, func(o *llm.Options) { o.Key = nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				for _, h := range []string{"Authorization", "Api-Key", "X-Api-Key", "Openai-Organization"} {
					want := ""
					if h == tt.header {
						want = tt.value
					}
					if got := r.Header.Get(h); got != want {
						t.Errorf("%s: %q", h, got)
					}
				}
				answering(200, reply(tt.p, "ja"))(w, r)
			})
			_, err := model(t, tt.p, url, tt.change).Generate(t.Context(), prompt, nil)
			require.NoError(t, err)
		})
	}
	require.NotContains(t, fmt.Sprintf("%v %+v", llm.Options{Key: secret(key)}, llm.Options{Key: secret(key)}), "sk-")
}

func TestSettingsThatAServerRefusesAreLeftOut(t *testing.T) {
	seed := 1
	for _, tt := range []struct {
		name, field, says string
		p                 llm.Provider
	}{
		{"temperature", "temperature", `{"error":{"message":"Unsupported value: 'temperature' does not support 0","param":"temperature"}}`, llm.OpenAI},
		{"Anthropic's temperature", "temperature", `{"type":"error","error":{"type":"invalid_request_error","message":"temperature: may not be set"}}`, llm.Anthropic},
		{"the limit's old name", "max_tokens", `{"error":{"message":"Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead."}}`, llm.OpenAI},
		{"schemas", "response_format", `{"error":{"message":"response_format json_schema is not supported"}}`, llm.OpenAI},
		{"usage in streams", "stream_options", `{"detail":[{"loc":["body","stream_options"],"msg":"extra fields not permitted"}]}`, llm.OpenAI},
		{"seed and top_p", "seed", `{"message":"seed: unknown"}`, llm.OpenAI},
		{"top_p", "top_p", `{"error":"top_p: unknown"}`, llm.OpenAI},
		{"Ollama's form", "format", `{"error":"invalid format"}`, llm.Ollama},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var requests atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				var got map[string]any
				_ = json.NewDecoder(r.Body).Decode(&got)
				if _, ok := got[tt.field]; ok {
					answering(400, tt.says)(w, r)
					return
				}
				if tt.p == llm.Anthropic {
					answering(200, `{"content":[{"type":"tool_use","input":{}}],"stop_reason":"tool_use"}`)(w, r)
					return
				}
				answering(200, reply(tt.p, "{}"))(w, r)
			})
			m := model(t, tt.p, url, func(o *llm.Options) { o.Seed, o.TopP = &seed, 0.5 })
			q := prompt
			q.Schema = form
			_, err := m.Generate(t.Context(), q, nil)
			require.NoError(t, err)
			n := requests.Load()
			require.LessOrEqual(t, n, int32(3))
			_, err = m.Generate(t.Context(), q, nil)
			require.NoError(t, err)
			require.Equal(t, n+1, requests.Load(), "it is remembered")
		})
	}
	var requests atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		answering(400, `{"error":{"message":"temperature, max_completion_tokens, seed: all wrong"}}`)(w, r)
	})
	m := model(t, llm.OpenAI, url)
	for range 2 {
		requests.Store(0)
		_, err := m.Generate(t.Context(), prompt, nil)
		requireCause(t, llm.Refused, err)
		require.EqualValues(t, 3, requests.Load(), "not for ever; and what did not help is taken up again")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, tt := range []struct {
		name string
		o    llm.Options
		says string
	}{
		{"no address", llm.Options{Provider: llm.OpenAI, Model: "m"}, "url"},
		{"a file", llm.Options{Provider: llm.OpenAI, URL: "file:///etc/passwd", Model: "m"}, "url"},
		{"a password in it", llm.Options{Provider: llm.Ollama, URL: "http://u:p@h", Model: "m"}, "key"},
		{"a key in it", llm.Options{Provider: llm.OpenAI, URL: "http://h/?key=1", Model: "m"}, "key"},
		{"no model", llm.Options{Provider: llm.Ollama, URL: "http://h"}, "model"},
		{"no provider", llm.Options{URL: "http://h", Model: "m"}, "provider"},
		{"a budget that nobody counts", llm.Options{Provider: llm.OpenAI, URL: "http://h", Model: "m", Caps: llm.Caps{Tokens: 1}}, "ledger"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := llm.New(tt.o)
			require.ErrorContains(t, err, tt.says)
		})
	}
	for _, p := range []llm.Provider{llm.Anthropic, llm.Mistral} {
		_, err := llm.New(llm.Options{Provider: p, Model: "m", Key: secret(key)})
		require.NoError(t, err, "its address is known")
	}
}

func TestPromptsAreChecked(t *testing.T) {
	m := model(t, llm.OpenAI, serve(t, func(http.ResponseWriter, *http.Request) { t.Error("asked") }))
	for _, q := range []llm.Prompt{
		{Workspace: "w"},
		{User: "x"},
		{Workspace: "w", User: "x", Schema: &llm.Schema{Name: "Not A Name", JSON: form.JSON}},
		{Workspace: "w", User: "x", Schema: &llm.Schema{Name: "a", JSON: json.RawMessage(`{`)}},
		{Workspace: "w", User: "x", Schema: &llm.Schema{Name: "a", JSON: json.RawMessage(`{"type":"string"}`)}},
	} {
		_, err := m.Generate(t.Context(), q, nil)
		requireCause(t, llm.Broken, err)
	}
	_, err := m.Generate(t.Context(), llm.Prompt{Workspace: "w", User: strings.Repeat("x", 100_000)}, nil)
	requireCause(t, llm.TooLong, err)
}

func TestEstimate(t *testing.T) {
	require.Zero(t, llm.Estimate(""))
	require.Equal(t, 1, llm.Estimate("a"))
	english := strings.Repeat("Where is my parcel? ", 50)
	require.InDelta(t, float64(len(english))/3.8*1.15, llm.Estimate(english), 1)
	nordic := strings.Repeat("Når kommer pakken på døra? ", 50)
	require.InDelta(t, float64(len(nordic))/3.2*1.15, llm.Estimate(nordic), 1)
}

func TestSchemasAreChecked(t *testing.T) {
	s := &llm.Schema{Name: "s", JSON: json.RawMessage(`{"type":"object","properties":{
		"t":{"type":"string"},"n":{"type":"integer"},"x":{"type":"number"},"b":{"type":"boolean"},"k":{"type":"string","enum":["fact","step"]},
		"l":{"type":"array","items":{"type":"object","properties":{"c":{"type":"array","items":{"type":"integer"}}},"required":["c"]}}},
		"required":["t"],"additionalProperties":false}`)}
	for _, good := range []string{`{"t":""}`, ` {"t":"a","n":-3,"x":1.5,"b":true,"k":"step","l":[{"c":[1,2]},{"c":[]}]} `} {
		require.NoError(t, s.Check(good), good)
	}
	for bad, says := range map[string]string{
		``: "no JSON", `{}`: "t is missing", `{"t":1}`: "reply.t: not of type string", `{"t":"","n":1.5}`: "reply.n", `{"t":"","x":"1"}`: "reply.x",
		`{"t":"","b":0}`: "reply.b", `{"t":"","k":"poem"}`: "reply.k: none of the values", `{"t":"","l":[{"c":[1]},{}]}`: "reply.l[1]: c is missing",
		`{"t":"","l":[{"c":["1"]}]}`: "reply.l[0].c[0]", `{"t":"","sk-secret":1}`: "1 properties more", `{"t":""} and more`: "after", `[]`: "type object",
		"```json\n{\"t\":\"\"}\n```": "no JSON", `{"t":"","l":{}}`: "reply.l: not of type array",
	} {
		err := s.Check(bad)
		require.ErrorContains(t, err, says, bad)
		require.NotContains(t, err.Error(), "secret")
	}
}
