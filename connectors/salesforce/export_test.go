package salesforce

import "context"

// Login gets a token before it is needed.
func (c *Connector) Login(ctx context.Context) error {
	_, err := c.tokens.Token(ctx)
	return err
}
