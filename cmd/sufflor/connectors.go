package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
)

// testTimeout is for all questions to one desk.
const testTimeout = time.Minute

func (c *cli) connectorsCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "connectors", Short: "Test the help desks, replay deliveries, make their apps",
		Long: `The help desks of the configuration. test asks each desk whether our credentials do
and says what is missing; replay takes a recorded delivery as if the desk had sent it;
package writes the app or the settings that show our panel inside the desk.`,
	}
	cmd.AddCommand(c.connectorsList(), c.connectorsTest(), c.connectorsReplay(), c.connectorsPackage())
	return cmd
}

// configuredDesk is the desk with the given name.
func (c *cli) configuredDesk(name string) (config.Config, connectors.Desk, error) {
	cfg, byName, err := c.configuredDesks()
	if err != nil {
		return cfg, connectors.Desk{}, err
	}
	d, ok := byName[name]
	if !ok {
		return cfg, d, noDesk(name, byName)
	}
	return cfg, d, nil
}

// configuredDesks are those of the workspace that the flags name, or of all.
func (c *cli) configuredDesks() (config.Config, map[string]connectors.Desk, error) {
	cfg, err := c.loadOrDemo()
	if err != nil {
		return cfg, nil, err
	}
	byName, err := desks(cfg)
	if err != nil {
		return cfg, nil, usage(err)
	}
	if c.workspace != "" {
		if _, err := cfg.Workspace(c.workspace); err != nil {
			return cfg, nil, usage(err)
		}
		maps.DeleteFunc(byName, func(_ string, d connectors.Desk) bool { return d.Workspace != c.workspace })
	}
	return cfg, byName, nil
}

func noDesk(name string, byName map[string]connectors.Desk) error {
	if len(byName) == 0 {
		return usage(errors.New("no desk is configured; add one below workspaces[].desks, sufflor config print shows how"))
	}
	return usage(fmt.Errorf("no desk %q is configured; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(byName)), ", ")))
}

func (c *cli) connectorsTest() *cobra.Command {
	return &cobra.Command{
		Use: "test [NAME]", Short: "Ask the desks whether our credentials and rights do", Args: cobra.MaximumNArgs(1),
		Long: `Asks each configured desk, or the one named, for everything we need of it: whether the
credentials are valid, whether they may read conversations and files and write notes.
Nothing is changed at the desk. The exit code is 1 when something is missing.`,
		Example: `  sufflor connectors test
  sufflor connectors test zendesk --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			_, byName, err := c.configuredDesks()
			if err != nil {
				return err
			}
			names := slices.Sorted(maps.Keys(byName))
			if len(args) > 0 {
				if _, ok := byName[args[0]]; !ok {
					return noDesk(args[0], byName)
				}
				names = args
			}
			if len(names) == 0 {
				return noDesk("", nil)
			}
			var list []testedDesk
			for _, name := range names {
				list = append(list, testDesk(cmd.Context(), byName[name]))
			}
			return c.showTested(list)
		},
	}
}

// testedDesk is what a desk said to our questions.
type testedDesk struct {
	Desk      string        `json:"desk"`
	Kind      string        `json:"kind"`
	Workspace string        `json:"workspace"`
	Tested    bool          `json:"tested"` // false: there is nothing we could ask this kind of desk
	Findings  []testFinding `json:"findings,omitempty"`
}

type testFinding struct {
	What string `json:"what"`
	OK   bool   `json:"ok"`
	Hint string `json:"hint,omitempty"`
}

func testDesk(ctx context.Context, d connectors.Desk) testedDesk {
	out := testedDesk{Desk: d.Name, Kind: d.Kind, Workspace: d.Workspace}
	t, ok := d.Connector.(connectors.Tester)
	if !ok {
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, testTimeout)
	defer cancel()
	out.Tested = true
	for _, f := range t.Test(ctx) {
		out.Findings = append(out.Findings, testFinding(f))
	}
	if len(out.Findings) == 0 { // a test that looked at nothing has not passed
		out.Findings = []testFinding{{What: "test", Hint: "the desk said nothing; look at the log and try again"}}
	}
	return out
}

// showTested prints the findings; what is missing decides the exit code.
func (c *cli) showTested(list []testedDesk) error {
	missing := 0
	for _, d := range list {
		for _, f := range d.Findings {
			if !f.OK {
				missing++
			}
		}
	}
	if c.json {
		if err := c.print(map[string]any{"desks": list}); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(c.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprint(w, "DESK\tWHAT\tRESULT\tNEXT STEP\n")
		for _, d := range list {
			if !d.Tested {
				fmt.Fprintf(w, "%s\t-\tnot tested\ta desk of kind %s has no interface that could be asked; send a message and look at the log\n", d.Desk, d.Kind)
			}
			for _, f := range d.Findings {
				result, hint := "ok", f.Hint
				if !f.OK {
					result = "MISSING"
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.Desk, printable(f.What), result, printable(strings.Join(strings.Fields(hint), " ")))
			}
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if missing > 0 {
		return codedError{fmt.Errorf("%s missing", count(missing, "thing")), exitFailed}
	}
	return nil
}
