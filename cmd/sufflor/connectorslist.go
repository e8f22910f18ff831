package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
)

// deskStatus is a desk as it is shown.
type deskStatus struct {
	Name         string    `json:"name"`
	Kind         string    `json:"kind"`
	Workspace    string    `json:"workspace"`
	State        string    `json:"state"` // connected, disconnected, never
	Reason       string    `json:"reason,omitempty"`
	Shadow       bool      `json:"shadow,omitempty"`
	Since        time.Time `json:"disconnected_since,omitzero"`
	LastDelivery time.Time `json:"last_delivery,omitzero"`
	LastNote     time.Time `json:"last_note,omitzero"`
	LastPoll     time.Time `json:"last_poll,omitzero"`
	LastError    string    `json:"last_error,omitempty"`
	ErrorAt      time.Time `json:"last_error_at,omitzero"`
}

// connectorsList is `sufflor connectors list`.
func (c *cli) connectorsList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "Show the help desks: connected or not, last delivery, last note, last error", Args: cobra.NoArgs,
		Long: `Shows each configured help desk. One is connected once something came in or went out;
it is disconnected when it took our access away, with what to do about it, until a
call succeeds again. Nothing is asked of the desk: sufflor connectors test does that.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			list, err := c.deskStates(cmd.Context(), cfg)
			if err != nil {
				return err
			}
			if c.json {
				return c.print(map[string]any{"desks": list})
			}
			return showDesks(c.stdout, list)
		},
	}
}

// deskStates looks at every desk, beside a server that may be running.
func (c *cli) deskStates(ctx context.Context, cfg config.Config) (list []deskStatus, err error) {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), ReadOnly: true})
	if errors.Is(err, os.ErrNotExist) { // nothing ever happened
		s, err = nil, nil
	}
	if err != nil {
		return nil, err
	}
	if s != nil {
		defer func() { err = errors.Join(err, s.Close()) }()
	}
	list = []deskStatus{}
	for _, w := range cfg.Workspaces {
		if c.workspace != "" && c.workspace != w.ID {
			continue
		}
		for _, d := range w.Desks {
			st := store.Desk{Name: d.Name}
			if s != nil {
				if st, err = s.Desk(ctx, d.Name); err != nil {
					return nil, err
				}
			}
			list = append(list, deskStatus{
				Name: d.Name, Kind: d.Kind, Workspace: w.ID, State: st.State(), Reason: st.Reason, Shadow: d.Draft.Shadow, Since: st.Lost,
				LastDelivery: st.Received, LastNote: st.Noted, LastPoll: st.Polled, LastError: st.Error, ErrorAt: st.Failed,
			})
		}
	}
	return list, nil
}

// showDesks prints a table for people, and then what is wrong.
func showDesks(out io.Writer, list []deskStatus) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "no help desk is configured; desks: in the configuration (sufflor config print shows how)")
		return err
	}
	when := func(t time.Time) string {
		if t.IsZero() {
			return "-"
		}
		return shortTime(t)
	}
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "DESK\tKIND\tWORKSPACE\tSTATE\tLAST DELIVERY\tLAST NOTE\tLAST POLL\tLAST ERROR")
	for _, d := range list {
		state := d.State
		if d.Shadow {
			state += ", shadow"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Name, d.Kind, d.Workspace, state, when(d.LastDelivery), when(d.LastNote), when(d.LastPoll), when(d.ErrorAt))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, d := range list {
		switch {
		case d.State == store.DeskDisconnected:
			fmt.Fprintf(out, "%s: disconnected since %s: %s\n", d.Name, when(d.Since), printable(d.Reason))
		case d.LastError != "":
			fmt.Fprintf(out, "%s: last error at %s: %s\n", d.Name, when(d.ErrorAt), printable(d.LastError))
		}
	}
	return nil
}
