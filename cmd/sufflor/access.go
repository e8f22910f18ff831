package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// door is where commands look after people: the records, or the server that
// has them open.
type door struct {
	desk   access.Desk // without a server
	who    access.Who
	base   string // the address of links
	server *remote
	store  *store.Store // without a server
}

// accessDesk is the desk of a configuration's workspaces.
func accessDesk(cfg config.Config, s access.Records) access.Desk {
	d := access.Desk{Store: s, Now: time.Now}
	for _, w := range cfg.Workspaces {
		d.Workspaces = append(d.Workspaces, w.ID)
	}
	return d
}

// doorOf opens the records, or finds the server that has them.
func (c *cli) doorOf(ctx context.Context, do func(door) error) error {
	cfg, err := c.load()
	if err != nil {
		return err
	}
	if len(cfg.Workspaces) == 0 {
		return usage(errors.New("workspaces: none is configured; name the configuration with -c"))
	}
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg)})
	if errors.Is(err, store.ErrLocked) {
		r, err := running(cfg.Data)
		if err != nil {
			return err
		}
		return do(door{server: r, base: cmp.Or(cfg.PublicURL, r.URL)})
	}
	if err != nil {
		return err
	}
	name := "command"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return errors.Join(do(door{
		desk: accessDesk(cfg, s), who: access.Who{Kind: access.KindCommand, Name: name}, base: cmp.Or(cfg.PublicURL, "http://"+cfg.Listen), store: s,
	}), s.Close())
}

// get asks the server, and decodes its answer into v.
func (r *remote) get(ctx context.Context, path string, q url.Values, v any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+path+"?"+q.Encode(), nil)
	if err != nil {
		return err
	}
	return r.do(req, func(body io.Reader) error { return json.NewDecoder(body).Decode(v) })
}

// change is what the server says to a change.
type change struct{ Login, ID, Link, Key string }

func (r *remote) change(ctx context.Context, path string, v any) (out change, err error) {
	err = r.post(ctx, path, v, func(body io.Reader) error { return json.NewDecoder(body).Decode(&out) })
	return out, err
}

// link shows a link to set a password.
func (c *cli) link(login, address string) error {
	if c.json {
		return c.print(map[string]string{"login": login, "link": address})
	}
	_, err := fmt.Fprintf(c.stdout, "%s sets a password here, once, within an hour:\n%s\n", login, address)
	return err
}

// known says that somebody had an account and has a role more.
func (c *cli) known(login, role string) error {
	if c.json {
		return c.print(map[string]string{"login": login})
	}
	_, err := fmt.Fprintf(c.stdout, "%s had an account and has the role %s here now\n", login, role)
	return err
}

func (c *cli) peopleCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "people", Short: "Look after accounts and roles",
		Long: `Accounts have a role in each workspace: agent, editor, reviewer or admin. Adding a
person prints a link by which they set a password themselves; nobody else knows it.`,
	}
	var name, role string
	add := &cobra.Command{
		Use: "add LOGIN", Short: "Make an account and print its link", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.doorOf(cmd.Context(), func(d door) error {
				n := access.NewPerson{Login: args[0], Name: name, Workspace: c.workspace, Role: role}
				if d.server != nil {
					out, err := d.server.change(cmd.Context(), "/api/people", n)
					if err != nil {
						return err
					}
					if out.Link == "" {
						return c.known(out.Login, role)
					}
					return c.link(out.Login, d.base+out.Link)
				}
				p, link, err := d.desk.Add(cmd.Context(), d.who, n)
				if err != nil {
					return err
				}
				if link == "" {
					return c.known(p.Login, role)
				}
				return c.link(p.Login, d.base+"/reset?link="+url.QueryEscape(link))
			})
		},
	}
	add.Flags().StringVar(&name, "name", "", "the person's name")
	add.Flags().StringVar(&role, "role", access.Agent, strings.Join(access.Roles(), " | "))
	var on bool
	disable := &cobra.Command{
		Use: "disable LOGIN", Short: "Keep somebody out, everywhere and at once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.doorOf(cmd.Context(), func(d door) error {
				if d.server != nil {
					_, err := d.server.change(cmd.Context(), "/api/people/disable", map[string]any{"login": args[0], "disabled": !on})
					return err
				}
				return d.desk.Disable(cmd.Context(), d.who, args[0], !on)
			})
		},
	}
	disable.Flags().BoolVar(&on, "undo", false, "let the person in again")
	cmd.AddCommand(add, disable, &cobra.Command{
		Use: "role LOGIN ROLE", Short: "Give a role in the workspace (-w), or none", Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.doorOf(cmd.Context(), func(d door) error {
				if d.server != nil {
					_, err := d.server.change(cmd.Context(), "/api/people/role", map[string]string{"login": args[0], "workspace": c.workspace, "role": args[1]})
					return err
				}
				return d.desk.Role(cmd.Context(), d.who, args[0], c.workspace, args[1])
			})
		},
	}, &cobra.Command{
		Use: "reset LOGIN", Short: "Print a link to set a new password", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.doorOf(cmd.Context(), func(d door) error {
				if d.server != nil {
					out, err := d.server.change(cmd.Context(), "/api/people/reset", map[string]string{"login": args[0]})
					if err != nil {
						return err
					}
					return c.link(args[0], d.base+out.Link)
				}
				link, err := d.desk.Reset(cmd.Context(), d.who, args[0])
				if err != nil {
					return err
				}
				return c.link(args[0], d.base+"/reset?link="+url.QueryEscape(link))
			})
		},
	}, &cobra.Command{
		Use: "link LOGIN SUBJECT", Short: "Let a subject of the sign-on provider in as this account", Args: cobra.ExactArgs(2),
		Long: "The subject is the provider's own name for a person; the server's log names it when it keeps\nsomebody out.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.doorOf(cmd.Context(), func(d door) error {
				if d.server != nil {
					_, err := d.server.change(cmd.Context(), "/api/people/link", map[string]string{"login": args[0], "subject": args[1]})
					return err
				}
				cfg, err := c.load()
				if err != nil {
					return err
				}
				if !cfg.OIDC.On() {
					return usage(errors.New("oidc.issuer: none is configured; name the configuration with -c"))
				}
				return d.desk.Link(cmd.Context(), d.who, args[0], cfg.OIDC.Issuer, args[1])
			})
		},
	}, &cobra.Command{
		Use: "unlink LOGIN", Short: "Free an account of the sign-on provider's subject", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.doorOf(cmd.Context(), func(d door) error {
				if d.server != nil {
					_, err := d.server.change(cmd.Context(), "/api/people/unlink", map[string]string{"login": args[0]})
					return err
				}
				return d.desk.Unlink(cmd.Context(), d.who, args[0])
			})
		},
	}, &cobra.Command{
		Use: "list", Short: "List accounts", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.doorOf(cmd.Context(), func(d door) error { return c.listPeople(cmd.Context(), d) })
		},
	})
	return cmd
}

func (c *cli) listPeople(ctx context.Context, d door) error {
	var out struct{ People []web.PersonJSON }
	if d.server != nil {
		if err := d.server.get(ctx, "/api/people", url.Values{"workspace": {c.workspace}}, &out); err != nil {
			return err
		}
	} else {
		people, err := d.desk.Store.People(ctx)
		if err != nil {
			return err
		}
		spaces := make([]web.Workspace, len(d.desk.Workspaces))
		for i, id := range d.desk.Workspaces {
			spaces[i].ID = id
		}
		for _, p := range people {
			out.People = append(out.People, web.PersonOf(p, spaces...))
		}
	}
	if c.json {
		return c.print(out.People)
	}
	t := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "LOGIN\tNAME\tROLES\tSTATE\tLAST SIGNED IN")
	for _, p := range out.People {
		var roles []string
		for ws, role := range p.Roles {
			roles = append(roles, ws+": "+role)
		}
		slices.Sort(roles)
		state := "open"
		switch {
		case p.Disabled:
			state = "disabled"
		case p.Linked:
			state = "single sign-on"
		case !p.Password:
			state = "no password yet"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", p.Login, p.Name, strings.Join(roles, ", "), state, moment(p.Seen))
	}
	return t.Flush()
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format(time.RFC3339)
}

func (c *cli) keysCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "keys", Short: "Look after keys for machines",
		Long: "A key lets a machine use the API of one workspace, or with --everywhere of all, within\nits scopes: " + strings.Join(access.Scopes(), ", ") + ".",
	}
	var scopes []string
	var everywhere bool
	add := &cobra.Command{
		Use: "add NAME", Short: "Make a key and print it, once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.doorOf(cmd.Context(), func(d door) error {
				n := access.NewKey{Name: args[0], Workspace: c.workspace, Scopes: scopes}
				if everywhere {
					n.Workspace = access.Everywhere
				}
				var id, secret string
				if d.server != nil {
					out, err := d.server.change(cmd.Context(), "/api/keys", n)
					if err != nil {
						return err
					}
					id, secret = out.ID, out.Key
				} else {
					k, key, err := d.desk.AddKey(cmd.Context(), d.who, n)
					if err != nil {
						return err
					}
					id, secret = k.ID, key
				}
				if c.json {
					return c.print(map[string]string{"id": id, "key": secret})
				}
				_, err := fmt.Fprintf(c.stdout, "%s\n", secret)
				fmt.Fprintf(c.stderr, "key %s; it is shown only now\n", id)
				return err
			})
		},
	}
	add.Flags().StringSliceVar(&scopes, "scope", nil, strings.Join(access.Scopes(), " | ")+"; may be given several times")
	add.Flags().BoolVar(&everywhere, "everywhere", false, "in every workspace")
	cmd.AddCommand(add, &cobra.Command{
		Use: "revoke ID", Short: "End a key at once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.doorOf(cmd.Context(), func(d door) error {
				if d.server != nil {
					_, err := d.server.change(cmd.Context(), "/api/keys/revoke", map[string]string{"id": args[0]})
					return err
				}
				return d.desk.RevokeKey(cmd.Context(), d.who, args[0])
			})
		},
	}, &cobra.Command{
		Use: "list", Short: "List keys", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.doorOf(cmd.Context(), func(d door) error { return c.listKeys(cmd.Context(), d) })
		},
	})
	return cmd
}

func (c *cli) listKeys(ctx context.Context, d door) error {
	var out struct{ Keys []web.KeyJSON }
	if d.server != nil {
		if err := d.server.get(ctx, "/api/keys", nil, &out); err != nil {
			return err
		}
	} else {
		keys, err := d.desk.Store.Keys(ctx)
		if err != nil {
			return err
		}
		for _, k := range keys {
			out.Keys = append(out.Keys, web.KeyOf(k))
		}
	}
	if c.json {
		return c.print(out.Keys)
	}
	t := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tWORKSPACE\tSCOPES\tLAST USED\tSTATE")
	for _, k := range out.Keys {
		state := "in use"
		if !k.Revoked.IsZero() {
			state = "revoked " + moment(k.Revoked)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, k.Workspace, strings.Join(k.Scopes, " "), moment(k.Used), state)
	}
	return t.Flush()
}

func (c *cli) auditCmd() *cobra.Command {
	var actor, action, object, since, until string
	var limit int
	var table bool
	cmd := &cobra.Command{
		Use: "audit", Short: "Show who saw, changed and erased what", Args: cobra.NoArgs,
		Long: `Prints lines of the audit log, the newest first. It names things by their ids and
holds no text of customers. --action suggestion. shows all that begins so.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := store.ActFilter{Actor: actor, Action: action, Object: object, Limit: limit}
			var err error
			if f.Since, err = dayOf("--since", since, 0); err != nil {
				return err
			}
			if f.Until, err = dayOf("--until", until, 24*time.Hour); err != nil {
				return err
			}
			if limit < 1 || limit > 10_000 {
				return usage(errors.New("--limit: use a number from 1 to 10000"))
			}
			if c.workspace != "" {
				f.Workspaces = []string{c.workspace}
			}
			return c.doorOf(cmd.Context(), func(d door) error {
				acts, err := d.acts(cmd.Context(), f)
				if err != nil {
					return err
				}
				return c.showActs(acts, table)
			})
		},
	}
	cmd.Flags().StringVar(&actor, "actor", "", "only what this login, key or agent did")
	cmd.Flags().StringVar(&action, "action", "", "only this, or what begins with a word and a dot")
	cmd.Flags().StringVar(&object, "object", "", "only about this id")
	cmd.Flags().StringVar(&since, "since", "", "from this day (2026-01-31) or time on")
	cmd.Flags().StringVar(&until, "until", "", "to the end of this day, or before this time")
	cmd.Flags().IntVar(&limit, "limit", 100, "at most so many lines")
	cmd.Flags().BoolVar(&table, "csv", false, "print CSV")
	return cmd
}

func dayOf(flag, text string, add time.Duration) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t.Add(add), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, usage(fmt.Errorf("%s: %q is neither a day like 2026-01-31 nor a time like 2026-01-31T12:00:00Z", flag, text))
	}
	return t, nil
}

func (d door) acts(ctx context.Context, f store.ActFilter) ([]store.Act, error) {
	if d.server == nil {
		return d.desk.Store.Acts(ctx, f)
	}
	q := url.Values{"limit": {strconv.Itoa(f.Limit)}, "actor": {f.Actor}, "action": {f.Action}, "object": {f.Object}}
	if len(f.Workspaces) > 0 {
		q.Set("workspace", f.Workspaces[0])
	}
	if !f.Since.IsZero() {
		q.Set("since", f.Since.Format(time.RFC3339))
	}
	if !f.Until.IsZero() {
		q.Set("until", f.Until.Format(time.RFC3339))
	}
	var out struct{ Acts []web.ActJSON }
	err := d.server.get(ctx, "/api/audit", q, &out)
	acts := make([]store.Act, len(out.Acts))
	for i, a := range out.Acts {
		acts[i] = store.Act(a)
	}
	return acts, err
}

func (c *cli) showActs(acts []store.Act, table bool) error {
	switch {
	case table:
		return web.WriteActs(csv.NewWriter(c.stdout), acts)
	case c.json:
		out := make([]web.ActJSON, len(acts))
		for i, a := range acts {
			out[i] = web.ActOf(a)
		}
		return c.print(out)
	}
	t := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "TIME\tWORKSPACE\tKIND\tWHO\tACTION\tABOUT\tMORE")
	for _, a := range acts {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", moment(a.At), a.Workspace, a.Kind, a.Actor, a.Action, a.Object, a.Detail)
	}
	return t.Flush()
}

// signOn is the provider that people sign on at; nil when none is configured.
func signOn(cfg config.Config) (*web.SignOn, error) {
	o := cfg.OIDC
	if !o.On() {
		return nil, nil //nolint:nilnil // none is no error
	}
	secret := o.ClientSecret.Reveal()
	if o.ClientSecretFile != "" {
		data, err := os.ReadFile(o.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("oidc.client_secret_file: %w; name a file that sufflor may read", err)
		}
		if secret = strings.TrimSpace(string(data)); secret == "" {
			return nil, fmt.Errorf("oidc.client_secret_file: %s is empty", o.ClientSecretFile)
		}
	}
	base := strings.TrimSuffix(cfg.PublicURL, "/")
	admission := access.Admission{Domains: o.Domains, Groups: o.Groups, Create: o.Create, LinkByEmail: o.LinkByEmail}
	for _, g := range o.Roles {
		admission.Roles = append(admission.Roles, access.Grant(g))
	}
	return &web.SignOn{
		Label: o.Name(), Admission: admission,
		Provider: access.NewProvider(access.ProviderSettings{
			Issuer: o.Issuer, ClientID: o.ClientID, Secret: secret, Redirect: base + web.SignOnDone, SignedOut: base + "/signin",
			Scopes: o.Scopes, Groups: o.GroupsClaim,
		}),
	}, nil
}

// withSignOn adds a check that tells when the provider does not answer: people
// with a password sign in all the same.
func withSignOn(on *web.SignOn, health map[string]func(context.Context) error) map[string]func(context.Context) error {
	if on != nil {
		health["sign_on"] = func(context.Context) error {
			if on.Provider.Trouble() != nil {
				return web.Partial("single sign-on does not answer, passwords let in; the log of sufflor says why")
			}
			return nil
		}
	}
	return health
}
