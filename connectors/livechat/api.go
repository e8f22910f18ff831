package livechat

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/sufflor/sufflor/connectors"
)

// call is one action of an API. A license lives in one of two data centres:
// where LiveChat names another one than we asked, that one is asked instead.
func (c *Connector) call(ctx context.Context, path string, in, out any) error {
	if c.cfg.Token.IsZero() {
		return connectors.Permanent(errors.New("token: required to call LiveChat; create a bot and issue its token"))
	}
	region, _ := c.region.Load().(string)
	said, err := c.ask(ctx, path, region, in, out)
	if said.Type == errMisdirected && isRegion(said.Data.Region) && said.Data.Region != region {
		c.region.Store(said.Data.Region)
		said, err = c.ask(ctx, path, said.Data.Region, in, out)
	}
	return classify(said, err)
}

// failure is what LiveChat says in an answer that is none. Its message is left
// out: it may quote what we sent.
type failure struct {
	Type string `json:"type"`
	Data struct {
		Region string `json:"region"`
	} `json:"data"`
}

func (c *Connector) ask(ctx context.Context, path, region string, in, out any) (failure, error) {
	h := http.Header{"Authorization": {"Bearer " + c.cfg.Token.Reveal()}}
	if c.cfg.Account != "" {
		basic := base64.StdEncoding.EncodeToString([]byte(c.cfg.Account + ":" + c.cfg.Token.Reveal()))
		h.Set("Authorization", "Basic "+basic)
	}
	if region != "" {
		h.Set("X-Region", region)
	}
	a, err := c.client.JSON(ctx, http.MethodPost, c.cfg.base()+path, h, in, out)
	var body struct {
		Error failure `json:"error"`
	}
	if err != nil && json.Unmarshal(a.Body, &body) == nil && connectors.IsToken(body.Error.Type) {
		return body.Error, err
	}
	return failure{}, err
}

// classify adds what LiveChat means by a type of error. The type comes before
// the status: which status goes with it is not documented.
func classify(said failure, err error) error {
	var e *connectors.CallError
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case said.Type == errAuthentication, said.Type == "" && e.Status == http.StatusUnauthorized:
		e.Final = true
		e.Err = fmt.Errorf("token refused; issue the bot's token again and enter it in this desk's settings: %w", connectors.ErrGone)
	case said.Type == errAuthorization, said.Type == "" && e.Status == http.StatusForbidden:
		e.Final, e.Err = true, errors.New("token lacks a scope; needs chats--all:rw, or chats--access:rw and the chat's group")
	case said.Type == errTooMany:
		e.Final, e.Err = false, errors.New("rate limited")
	case said.Type == errTimeout, said.Type == errInternal:
		e.Final, e.Err = false, errors.New("temporary fault of LiveChat")
	case said.Type == errMisdirected:
		e.Final, e.Err = true, errors.New(`license is in another region; set region to "dal" or "fra"`)
	case said.Type == errInactive:
		e.Final, e.Err = true, errors.New("chat is closed; the suggestion stays in the panel")
	case said.Type == errNotFound:
		e.Final, e.Err = true, errors.New("chat is not there any more, or not visible to the bot")
	case said.Type != "":
		e.Err = fmt.Errorf("LiveChat says %s", said.Type)
	}
	return e
}

// chat is a chat with one of its threads, the latest if thread is empty.
func (c *Connector) chat(ctx context.Context, id, thread string) (chat, error) {
	in := struct {
		ChatID   string `json:"chat_id"`
		ThreadID string `json:"thread_id,omitempty"`
	}{id, thread}
	var out chat
	if err := c.call(ctx, agentPath+"get_chat", in, &out); err != nil {
		return chat{}, fmt.Errorf("read chat %s: %w", id, err)
	}
	if out.ID != id || (thread != "" && out.Thread.ID != thread) {
		return chat{}, &connectors.CallError{Err: fmt.Errorf("read chat %s: LiveChat answers with another one", id)}
	}
	return out, nil
}
