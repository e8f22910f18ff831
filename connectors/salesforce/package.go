package salesforce

import (
	"bytes"
	"embed"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// sources are two deployments in Salesforce's Metadata API format. The second
// needs enhanced messaging, without which it cannot be deployed.
//
//go:embed package/case package/messaging
var sources embed.FS

// maxLabel is how long the label of a permission set or component may be.
const maxLabel = 60

// Package implements [connectors.Packager].
func (c *Connector) Package(p connectors.PackageOptions) (connectors.Package, error) {
	if _, err := p.Validate(); err != nil {
		return connectors.Package{}, err
	}
	if len(p.Name) > maxLabel {
		return connectors.Package{}, fmt.Errorf("name of the app: at most %d bytes", maxLabel)
	}
	out := connectors.Package{Files: map[string][]byte{}}
	err := fs.WalkDir(sources, "package", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := sources.ReadFile(name)
		if err != nil {
			return err
		}
		escape := inXML
		if path.Ext(name) == ".js" {
			escape = inJS
		}
		for mark, value := range map[string]string{"__PUBLIC__": p.Public, "__DESK__": p.Desk, "__NAME__": p.Name} {
			data = bytes.ReplaceAll(data, []byte(mark), escape(value))
		}
		out.Files[strings.TrimPrefix(name, "package/")] = data
		return nil
	})
	if err != nil {
		return connectors.Package{}, fmt.Errorf("package: %w", err)
	}
	out.Steps = []string{
		"Deploy the folder case, first to a sandbox: sf project deploy start --metadata-dir case --test-level RunSpecifiedTests --tests SufflorTest --target-org YOUR_ORG. Email-to-Case must be on, or there is no EmailMessage.",
		"With enhanced messaging, deploy the folder messaging as well: sf project deploy start --metadata-dir messaging --test-level RunLocalTests --target-org YOUR_ORG.",
		"Setup > Custom Settings > Sufflor Setting > Manage > New (default of the organization): enter signing_secret of this desk as Secret.",
		"Setup > Permission Sets > " + p.Name + " > Manage Assignments: add the agents; likewise " + p.Name + " (messaging).",
		"Open a case, Setup > Edit Page, drag " + p.Name + " onto it and activate the page; likewise on a Messaging Session.",
		"If the deployment refuses the named credential: create it by hand, Setup > Named Credentials > New Legacy, name Sufflor, URL " + p.Public + "/hooks/" + p.Desk + ", Anonymous, No Authentication, and take it out of package.xml.",
		"Write a mail to the support address and see the suggestion come; see in the portal that the comment is not there.",
	}
	return out, nil
}

func inXML(s string) []byte {
	var b bytes.Buffer
	_ = xml.EscapeText(&b, []byte(s)) // a buffer takes everything
	return b.Bytes()
}

// inJS is s within single quotes.
func inJS(s string) []byte {
	quoted, _ := json.Marshal(s) // a string always can be
	return []byte(strings.ReplaceAll(string(quoted[1:len(quoted)-1]), "'", `\'`))
}
