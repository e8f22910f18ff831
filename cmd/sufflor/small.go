package main

import (
	"errors"
	"fmt"
	"runtime"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/suggest"
)

func (c *cli) versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if c.json {
				return c.print(map[string]string{"version": version, "commit": commit, "go": runtime.Version(), "pipeline": suggest.Version})
			}
			_, err := fmt.Fprintf(c.stdout, "sufflor %s (%s, %s)\n", version, commit, runtime.Version())
			return err
		},
	}
}

func (c *cli) configCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Check or print the configuration"}
	effective := false
	show := &cobra.Command{
		Use: "print", Short: "Print a commented example, or with --effective what holds now", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if !effective {
				_, err := c.stdout.Write(config.Example)
				return err
			}
			cfg, err := c.load()
			if err != nil {
				return err
			}
			shown, err := yaml.Marshal(cfg.Redacted())
			if err != nil {
				return err
			}
			if !c.json {
				_, err = c.stdout.Write(shown)
				return err
			}
			var tree map[string]any
			if err := yaml.Unmarshal(shown, &tree); err != nil {
				return err
			}
			return c.print(tree)
		},
	}
	show.Flags().BoolVar(&effective, "effective", false, "print what holds after file and environment; secrets stay hidden")
	check := &cobra.Command{
		Use: "check", Short: "Report everything that is wrong with the configuration", Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			_, err = desks(cfg)
			_, guidelines := newGuides(cfg, nil, nil)
			if err := errors.Join(err, guidelines, checkSources(cfg)); err != nil {
				return usage(err)
			}
			_, err = fmt.Fprintf(c.stdout, "configuration is fine: %d workspaces\n", len(cfg.Workspaces))
			return err
		},
	}
	cmd.AddCommand(check, show)
	return cmd
}
