// Package salesforce listens to the cases of a Salesforce org and answers its
// agents with comments that no portal shows.
//
// It knows two senders: Apex classes of our own, see [Connector.Package], which
// sign as Standard Webhooks 1.0.0 has it; and outbound messages, SOAP that
// nobody signs, so that where we can ask the org their text is never used. It
// refuses to know how to write to a customer: the only thing it ever writes is
// a CaseComment with IsPublished set to false.
package salesforce
