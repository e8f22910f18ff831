// Package hubspot listens to the inbox and help desk of HubSpot Service Hub
// and shows its agents suggestions as internal comments and in a card of the
// help desk's sidebar.
//
// Webhooks hold ids only, so each message is read again through the API. All
// that HubSpot sends, the card's requests included, is signed over the address
// it called, which is why the connector has to know our public one. It refuses
// to know how to write to a customer: the only thing it ever writes is a
// message of type COMMENT.
package hubspot
