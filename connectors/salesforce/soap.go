package salesforce

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The answers to an outbound message.
const (
	soapHead = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body><notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>`
	soapTail = `</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>
`
	soapType = "text/xml; charset=utf-8"

	ack  = soapHead + "true" + soapTail
	nack = soapHead + "false" + soapTail
)

// envelope is an outbound message.
type envelope struct {
	Org     string
	Records []notification
}

// notification is one record of an outbound message, as it is when it is sent.
type notification struct {
	ID     string
	Object string // EmailMessage
	Fields map[string]string
}

const maxDepth = 8

var errDoctype = errors.New("has a DOCTYPE or an instruction, which outbound messages do not")

// parseOutbound reads an envelope strictly: no document type, so there is
// nothing to expand; one encoding; bounded depth and number of everything.
func parseOutbound(body []byte) (envelope, error) {
	var env envelope
	p := outbound{dec: xml.NewDecoder(bytes.NewReader(body)), env: &env}
	if err := p.run(); err != nil {
		return envelope{}, err
	}
	return env, nil
}

// outbound walks through an envelope.
type outbound struct {
	dec  *xml.Decoder
	env  *envelope
	path []xml.Name
	text strings.Builder
	root bool // an envelope was read
}

func (p *outbound) run() error {
	for {
		token, err := p.dec.Token()
		if errors.Is(err, io.EOF) {
			if !p.root || p.env.Org == "" {
				return errors.New("no envelope with an OrganizationId")
			}
			return nil
		}
		if err != nil {
			return errors.New("is not whole XML in UTF-8")
		}
		switch t := token.(type) {
		case xml.Directive:
			return errDoctype
		case xml.ProcInst:
			if t.Target != "xml" {
				return errDoctype
			}
		case xml.StartElement:
			if err := p.open(t); err != nil {
				return err
			}
		case xml.CharData:
			if len(p.path) >= leafDepth {
				p.text.Write(t)
			}
		case xml.EndElement:
			if err := p.close(); err != nil {
				return err
			}
		}
	}
}

// Depths of what is read: Envelope/Body/notifications/OrganizationId,
// …/Notification/Id and …/Notification/sObject/field.
const leafDepth = 4

var outboundPath = [...]xml.Name{
	{Space: nsSOAP, Local: "Envelope"},
	{Space: nsSOAP, Local: "Body"},
	{Space: nsOutbound, Local: "notifications"},
}

func (p *outbound) open(t xml.StartElement) error {
	depth := len(p.path)
	if depth >= maxDepth {
		return errors.New("is nested too deep")
	}
	if depth < len(outboundPath) && t.Name != outboundPath[depth] {
		return fmt.Errorf("has no %s in its place", outboundPath[depth].Local)
	}
	if depth == 0 && p.root {
		return errors.New("has more than one envelope")
	}
	p.root = true
	p.path = append(p.path, t.Name)
	p.text.Reset()
	switch {
	case p.at("Notification"):
		if len(p.env.Records) >= maxNotifications {
			return fmt.Errorf("has more than %d notifications", maxNotifications)
		}
		p.env.Records = append(p.env.Records, notification{})
	case p.at("Notification", "sObject"):
		n := p.last()
		if n.Fields != nil {
			return errors.New("has two records in one notification")
		}
		n.Fields = map[string]string{}
		for _, a := range t.Attr {
			if a.Name == (xml.Name{Space: nsInstance, Local: "type"}) {
				_, n.Object, _ = strings.Cut(a.Value, ":")
			}
		}
	}
	return nil
}

func (p *outbound) close() error {
	text := strings.TrimSpace(p.text.String())
	p.text.Reset()
	switch {
	case p.at("OrganizationId"):
		if p.env.Org != "" && p.env.Org != text {
			return errors.New("names two orgs")
		}
		p.env.Org = text
	case p.at("Notification", "Id"):
		p.last().ID = text
	case p.below("Notification", "sObject") && strings.HasPrefix(p.path[len(p.path)-1].Space, nsSObject):
		n := p.last()
		if len(n.Fields) >= maxFields {
			return fmt.Errorf("has a record of more than %d fields", maxFields)
		}
		n.Fields[p.path[5].Local] = text
	}
	p.path = p.path[:len(p.path)-1]
	return nil
}

// below reports whether the walk is in a child of what at is about.
func (p *outbound) below(names ...string) bool {
	return len(p.path) > 0 && isAt(p.path[:len(p.path)-1], names)
}

// at reports whether the walk is at these elements below notifications.
func (p *outbound) at(names ...string) bool { return isAt(p.path, names) }

func isAt(path []xml.Name, names []string) bool {
	if len(path) != len(outboundPath)+len(names) {
		return false
	}
	for i, name := range names {
		if path[len(outboundPath)+i] != (xml.Name{Space: nsOutbound, Local: name}) {
			return false
		}
	}
	return true
}

// last is the notification that the walk is in.
func (p *outbound) last() *notification { return &p.env.Records[len(p.env.Records)-1] }
