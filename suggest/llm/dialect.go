package llm

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// event is one line of a server's stream, understood.
type event struct {
	piece   string // of the reply
	finish  string // why the reply ended, in the server's word; "" while it goes on
	model   string
	in, out int // tokens so far; 0: not told
	done    bool
	failure *Error
}

// dialect is what a server speaks: how requests are put right before they go
// out, and how streams are read and written.
type dialect struct {
	name    Provider
	sse     bool // server-sent events; otherwise a JSON object a line
	rewrite func(body map[string]any, x *exchange)
	// read understands the data of one line, whole the answer of a server
	// that does not stream.
	read  func(data []byte, x *exchange) (event, error)
	whole func(data []byte, x *exchange) (event, error)
	// begin, piece and end write a stream that langchaingo understands.
	begin func() []any
	piece func(text string) any
	end   func(in, out int) []any
}

// ends says what the words for the end of a reply mean; what is not among them
// is no proper end. The empty word never is: a stream that was cut has it too.
var ends = map[string]Cause{
	"stop": OK, "end_turn": OK, "stop_sequence": OK, "eos_token": OK, "eos": OK, "finish": OK, "complete": OK, "endoftext": OK,
	"length": Truncated, "max_tokens": Truncated, "model_length": Truncated, "model_context_window_exceeded": Truncated, "maxtokens": Truncated,
	"content_filter": Filtered, "refusal": Filtered, "safety": Filtered, "recitation": Filtered, "content_filtered": Filtered, "guardrail_intervened": Filtered,
	"error": Overloaded, "load": Empty, "unload": Overloaded,
}

// serverError is the errors of all servers, also those within a stream.
type serverError struct {
	Error   json.RawMessage `json:"error"`
	Type    string          `json:"type"`
	Object  string          `json:"object"`
	Message json.RawMessage `json:"message"`
	Detail  json.RawMessage `json:"detail"`
	Code    json.RawMessage `json:"code"`
}

// words are all that an error says, in lower case, to look for words in. They
// are never shown: servers quote prompts and keys.
func words(data []byte) string {
	var e serverError
	if json.Unmarshal(data, &e) != nil {
		return strings.ToLower(string(data[:min(len(data), 2000)]))
	}
	all := bytes.Join([][]byte{e.Error, e.Message, e.Detail, e.Code, []byte(e.Type)}, []byte(" "))
	return strings.ToLower(string(all[:min(len(all), 8000)]))
}

// isError reports whether a line of a stream, or an answer of status 200, is
// an error.
func isError(data []byte) bool {
	if !bytes.Contains(data, []byte("error")) { // which nearly no line has
		return false
	}
	var e serverError
	if json.Unmarshal(data, &e) != nil {
		return false
	}
	return len(e.Error) > 0 && string(e.Error) != "null" || e.Object == "error" || e.Type == "error"
}

// inStream is what an error within an answer of status 200 means.
func inStream(data []byte) *Error {
	said := words(data)
	switch {
	case hasAny(said, "rate_limit", "rate limit", "too many requests", "429"):
		return failf(RateLimited, "the server limits our requests; lower model.rate, or ask the provider for more")
	case tooLong(said):
		return failf(TooLong, "the prompt is longer than the model takes; set model.context to what it does")
	case hasAny(said, "content_filter", "content management policy", "content_policy", "safety"):
		return failf(Filtered, "the provider's filter withheld the reply")
	}
	return failf(Overloaded, "the server reported an error in its reply; its own log says which")
}

var tooLongWords = []string{
	"context_length", "context length", "maximum context", "context window", "exceed_context_size", "context size", "input is too long",
	"prompt is too long", "input too long", "too many tokens", "max_model_len", "request_too_large", "string_above_max_length",
}

func tooLong(said string) bool { return hasAny(said, tooLongWords...) }

func hasAny(said string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(said, w) })
}

// content is a text, or a list of parts of which the texts count.
type content string

func (c *content) UnmarshalJSON(data []byte) error {
	*c = ""
	switch bytes.TrimLeft(data, " \t\r\n")[0] {
	case 'n':
		return nil
	case '[':
		var parts []struct {
			Type string `json:"type"`
			Text string `json:"text"`
		}
		if err := json.Unmarshal(data, &parts); err != nil {
			return err
		}
		for _, p := range parts {
			if p.Type == "text" || p.Type == "" {
				*c += content(p.Text)
			}
		}
		return nil
	}
	return json.Unmarshal(data, (*string)(c))
}

// openAI is the dialect of OpenAI and all who speak like it.
func openAI(name Provider) *dialect {
	type message struct {
		Content content `json:"content"`
		Refusal *string `json:"refusal"`
	}
	type answer struct {
		Model   string `json:"model"`
		Choices []struct {
			Index   int      `json:"index"`
			Delta   *message `json:"delta"`
			Message *message `json:"message"`
			Finish  *string  `json:"finish_reason"`
		} `json:"choices"`
		Usage *struct {
			In  int `json:"prompt_tokens"`
			Out int `json:"completion_tokens"`
		} `json:"usage"`
	}
	read := func(data []byte, _ *exchange) (event, error) {
		if string(data) == "[DONE]" {
			return event{done: true}, nil
		}
		var a answer
		if err := json.Unmarshal(data, &a); err != nil {
			return event{}, err
		}
		ev := event{model: a.Model}
		if a.Usage != nil {
			ev.in, ev.out = a.Usage.In, a.Usage.Out
		}
		for _, c := range a.Choices {
			if c.Index != 0 {
				continue
			}
			msg := c.Delta
			if msg == nil {
				msg = c.Message
			}
			if msg != nil {
				ev.piece += string(msg.Content)
				if msg.Refusal != nil && *msg.Refusal != "" {
					ev.failure = failf(Filtered, "the model refused to answer")
				}
			}
			if c.Finish != nil {
				ev.finish = *c.Finish
			}
		}
		return ev, nil
	}
	type obj = map[string]any
	return &dialect{
		name: name, sse: true, read: read,
		whole: func(data []byte, x *exchange) (event, error) {
			ev, err := read(data, x)
			ev.done = true
			return ev, err
		},
		rewrite: rewriteOpenAI,
		begin:   func() []any { return nil },
		piece: func(text string) any {
			return obj{"choices": []any{obj{"index": 0, "delta": obj{"content": text}}}}
		},
		end: func(in, out int) []any {
			return []any{
				obj{"choices": []any{obj{"index": 0, "delta": obj{}, "finish_reason": "stop"}}},
				obj{"choices": []any{}, "usage": obj{"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out}},
			}
		},
	}
}

// ownTokens are the servers that know max_completion_tokens; all others are
// sent the older max_tokens, since Ollama, llama.cpp and LM Studio ignore the
// new name and write without end.
var ownTokens = pattern(`(?i)(^|\.)(api\.openai\.com|openai\.azure\.com|cognitiveservices\.azure\.com|ai\.azure\.com)$`)

// noTemperature are models that refuse a temperature; others are found out
// when they do.
var noTemperature = pattern(`(?i)(^|/)(o[1-9](-|$)|gpt-5)`)

func rewriteOpenAI(body map[string]any, x *exchange) {
	for _, key := range []string{"max_tokens", "max_completion_tokens", "temperature", "seed", "top_p", "response_format"} {
		delete(body, key)
	}
	tokens := "max_tokens"
	if x.m.newTokens || x.m.learnt("max_tokens") {
		tokens = "max_completion_tokens"
	}
	body[tokens] = x.maxTokens
	seed := "seed"
	if x.m.dialect.name == Mistral {
		seed = "random_seed"
		delete(body, "stream_options") // it tells the tokens unasked, and refuses what it does not know
	}
	if x.m.learnt("stream_options") {
		delete(body, "stream_options")
	}
	x.sample(body, seed)
	switch x.json {
	case JSONSchema:
		body["response_format"] = map[string]any{"type": "json_schema", "json_schema": map[string]any{
			"name": x.schema.Name, "strict": true, "schema": x.schema.JSON,
		}}
	case JSONObject:
		body["response_format"] = map[string]any{"type": "json_object"}
	}
	joinParts(body)
}

// joinParts makes one text of each message: langchaingo sends two parts to
// models without a system message, and many servers take none or the first.
func joinParts(body map[string]any) {
	messages, _ := body["messages"].([]any)
	for _, one := range messages {
		msg, _ := one.(map[string]any)
		parts, ok := msg["content"].([]any)
		if !ok {
			continue
		}
		var all strings.Builder
		for _, p := range parts {
			part, _ := p.(map[string]any)
			text, _ := part["text"].(string)
			all.WriteString(text)
		}
		msg["content"] = all.String()
	}
}

// anthropicDialect is that of Anthropic's messages. A reply of a given form is
// asked for as the input of a tool that the model must call.
func anthropicDialect() *dialect {
	type usage struct {
		In    int `json:"input_tokens"`
		Made  int `json:"cache_creation_input_tokens"`
		Known int `json:"cache_read_input_tokens"`
		Out   int `json:"output_tokens"`
	}
	type block struct {
		Type  string          `json:"type"`
		Text  string          `json:"text"`
		Input json.RawMessage `json:"input"`
	}
	type obj = map[string]any
	return &dialect{
		name: Anthropic, sse: true,
		read: func(data []byte, x *exchange) (event, error) {
			var a struct {
				Type    string `json:"type"`
				Message struct {
					Model string `json:"model"`
					Usage usage  `json:"usage"`
				} `json:"message"`
				Delta struct {
					Type    string `json:"type"`
					Text    string `json:"text"`
					Partial string `json:"partial_json"`
					Stop    string `json:"stop_reason"`
				} `json:"delta"`
				Usage usage `json:"usage"`
			}
			if err := json.Unmarshal(data, &a); err != nil {
				return event{}, err
			}
			sum := func(u usage) int { return u.In + u.Made + u.Known }
			switch a.Type {
			case "message_start":
				return event{model: a.Message.Model, in: sum(a.Message.Usage)}, nil
			case "content_block_delta":
				if x.json == JSONSchema { // what stands beside the tool's input is chatter
					return event{piece: a.Delta.Partial}, nil
				}
				return event{piece: a.Delta.Text}, nil
			case "message_delta":
				return event{finish: x.toolEnd(a.Delta.Stop), in: sum(a.Usage), out: a.Usage.Out}, nil
			case "message_stop":
				return event{done: true}, nil
			}
			return event{}, nil // a ping, or something that a later version says
		},
		whole: func(data []byte, x *exchange) (event, error) {
			var a struct {
				Model   string  `json:"model"`
				Content []block `json:"content"`
				Stop    string  `json:"stop_reason"`
				Usage   usage   `json:"usage"`
			}
			if err := json.Unmarshal(data, &a); err != nil {
				return event{}, err
			}
			ev := event{model: a.Model, finish: x.toolEnd(a.Stop), in: a.Usage.In + a.Usage.Made + a.Usage.Known, out: a.Usage.Out, done: true}
			for _, b := range a.Content {
				switch {
				case b.Type == "tool_use" && x.json == JSONSchema:
					ev.piece += string(b.Input)
				case b.Type == "text" && x.json != JSONSchema:
					ev.piece += b.Text
				}
			}
			return ev, nil
		},
		rewrite: func(body map[string]any, x *exchange) {
			for _, key := range []string{"temperature", "top_p", "tools", "tool_choice"} {
				delete(body, key)
			}
			body["max_tokens"] = x.maxTokens
			x.sample(body, "")
			if x.json == JSONSchema {
				body["tools"] = []any{obj{"name": x.schema.Name, "description": "Give the reply.", "input_schema": x.schema.JSON}}
				body["tool_choice"] = obj{"type": "tool", "name": x.schema.Name}
			}
		},
		begin: func() []any {
			return []any{
				obj{"type": "message_start", "message": obj{"role": "assistant", "usage": obj{"input_tokens": 0}}},
				obj{"type": "content_block_start", "index": 0, "content_block": obj{"type": "text", "text": ""}},
			}
		},
		piece: func(text string) any {
			return obj{"type": "content_block_delta", "index": 0, "delta": obj{"type": "text_delta", "text": text}}
		},
		end: func(in, out int) []any {
			return []any{
				obj{"type": "content_block_stop", "index": 0},
				obj{"type": "message_delta", "delta": obj{"stop_reason": "end_turn"}, "usage": obj{"input_tokens": in, "output_tokens": out}},
				obj{"type": "message_stop"},
			}
		},
	}
}

// toolEnd makes a call of the tool that was asked for a proper end.
func (x *exchange) toolEnd(stop string) string {
	if stop == "tool_use" && x.json == JSONSchema {
		return "stop"
	}
	return stop
}

// ollamaDialect is Ollama's own.
func ollamaDialect() *dialect {
	read := func(data []byte, x *exchange) (event, error) {
		var a struct {
			Model   string `json:"model"`
			Message struct {
				Content string `json:"content"`
			} `json:"message"`
			Done   bool   `json:"done"`
			Reason string `json:"done_reason"`
			In     int    `json:"prompt_eval_count"`
			Out    int    `json:"eval_count"`
		}
		if err := json.Unmarshal(data, &a); err != nil {
			return event{}, err
		}
		ev := event{model: a.Model, piece: a.Message.Content, finish: a.Reason, in: a.In, out: a.Out, done: a.Done}
		switch {
		case !a.Done:
			ev.finish = ""
		case a.Reason == "" && a.Out >= x.maxTokens: // versions before 0.3 give no reason
			ev.finish = "length"
		case a.Reason == "":
			ev.finish = "stop"
		}
		if a.Done && x.window > 0 && a.In >= x.window {
			// Ollama drops what does not fit, and says nothing.
			ev.failure = failf(TooLong, "the prompt fills the model's context of %d tokens, so its beginning was dropped; raise model.context", x.window)
		}
		return ev, nil
	}
	type obj = map[string]any
	return &dialect{
		name: Ollama, read: read, whole: read,
		rewrite: func(body map[string]any, x *exchange) {
			options := obj{"num_predict": x.maxTokens, "num_ctx": x.window}
			x.sample(options, "seed")
			body["options"] = options
			delete(body, "format")
			switch x.json {
			case JSONSchema:
				body["format"] = x.schema.JSON
			case JSONObject:
				body["format"] = "json"
			}
		},
		begin: func() []any { return nil },
		piece: func(text string) any {
			return obj{"message": obj{"role": "assistant", "content": text}, "done": false}
		},
		end: func(in, out int) []any {
			return []any{obj{"message": obj{"role": "assistant", "content": ""}, "done": true, "prompt_eval_count": in, "eval_count": out}}
		},
	}
}

// sample sets how the model chooses its words, except what it refuses.
func (x *exchange) sample(body map[string]any, seed string) {
	if !noTemperature().MatchString(x.m.o.Model) && !x.m.learnt("temperature") {
		body["temperature"] = x.temperature
	}
	if x.m.o.TopP > 0 && !x.m.learnt("top_p") {
		body["top_p"] = x.m.o.TopP
	}
	if x.m.o.Seed != nil && seed != "" && !x.m.learnt("seed") {
		body[seed] = *x.m.o.Seed
	}
}
