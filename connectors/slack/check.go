package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// Test implements [connectors.Tester].
func (c *Connector) Test(ctx context.Context) []connectors.Finding {
	if c.cfg.Token.IsZero() {
		return []connectors.Finding{{What: "token", OK: true, Hint: "none is set: messages are heard, nothing is shown in Slack"}}
	}
	var who struct {
		TeamID string `json:"team_id"`
		UserID string `json:"user_id"`
		BotID  string `json:"bot_id"`
	}
	a, err := c.client.JSON(ctx, http.MethodGet, c.base()+"/"+methodAuth, c.bearer(), nil, nil)
	if err := c.result(methodAuth, a, err, &who); err != nil {
		return []connectors.Finding{{What: "token", Hint: err.Error()}}
	}
	out := []connectors.Finding{{What: "token", OK: true}}
	add := func(what string, ok bool, hint string) {
		if ok {
			hint = ""
		}
		out = append(out, connectors.Finding{What: what, OK: ok, Hint: hint})
	}
	add("team is whose token it is", who.TeamID == c.cfg.Team, "the token is of workspace "+who.TeamID+"; enter that as team, or the token of "+c.cfg.Team)
	add("bot_user is whose token it is", who.UserID == c.cfg.BotUser, "enter "+who.UserID+" as bot_user, or our own messages are taken for an agent's")
	if c.cfg.Bot != "" {
		add("bot is whose token it is", who.BotID == c.cfg.Bot, "enter "+who.BotID+" as bot")
	}
	has := strings.FieldsFunc(a.Header.Get(headerScopes), func(r rune) bool { return r == ',' || r == ' ' })
	for _, s := range scopes {
		ok := slices.ContainsFunc(s.any, func(scope string) bool { return slices.Contains(has, scope) })
		add(s.what, ok, "add the bot scope "+strings.Join(s.any, " or ")+" under OAuth & Permissions and install the app again")
	}
	for _, agent := range c.cfg.Agents {
		c.forget(agent)
		err := c.insider(ctx, agent)
		add("agent "+agent, err == nil, text(err))
	}
	for _, ch := range c.cfg.Channels {
		err := c.member(ctx, ch)
		add("channel "+ch, err == nil, text(err))
	}
	return out
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// forget makes that an agent is looked up again.
func (c *Connector) forget(agent string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.checked, agent)
}

// member reports whether the bot is in a channel. Where Slack does not let us
// ask, one message is read.
func (c *Connector) member(ctx context.Context, channel string) error {
	var out struct {
		Channel struct {
			IsMember   bool `json:"is_member"`
			IsArchived bool `json:"is_archived"`
		} `json:"channel"`
	}
	err := c.get(ctx, methodChannel, url.Values{"channel": {channel}}, &out)
	switch {
	case err != nil && errors.Is(err, errScope):
		_, _, err = c.messages(ctx, methodHistory, url.Values{"channel": {channel}, "limit": {"1"}})
		return err
	case err != nil:
		return err
	case out.Channel.IsArchived:
		return fmt.Errorf("is archived: take it off the list")
	case !out.Channel.IsMember:
		return fmt.Errorf("the bot is not in it: /invite it there")
	}
	return nil
}
