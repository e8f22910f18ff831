package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/idnumber"
	"github.com/sufflor/sufflor/suggest/privacy"
	"github.com/sufflor/sufflor/suggest/privacy/figures"
)

// maxMasked bounds what `sufflor mask` reads.
const maxMasked = 16 << 20

func (c *cli) maskCmd() *cobra.Command {
	var opts privacy.Options
	var known []string
	measure, relaxed := "", false
	cmd := &cobra.Command{
		Use: "mask", Short: "Show what of a text would leave the house: personal data replaced by placeholders", Args: cobra.NoArgs,
		Long: `Reads text from standard input and writes it with placeholders for the personal data
in it, as a language model would see it. With --json, what was found where, with the
rule that found it: offsets in bytes. Nothing is stored or sent.

--known names somebody who takes part, as the help desk would: "Kari Nordmann".
--keep is a domain or a phone number of your own, which stays.

--measure FILE reads examples instead, one JSON object a line, with spans or with the
number of finds that are expected, and prints how many were found.`,
		Example: `  sufflor mask --known "Kari Nordmann" < message.txt
  sufflor mask --measure examples.jsonl`,
		RunE: func(*cobra.Command, []string) error {
			for _, name := range known {
				opts.Known = append(opts.Known, privacy.Person{Name: name})
			}
			if relaxed {
				opts.Norway = idnumber.From2032
			}
			if measure != "" {
				return c.measureMask(measure, opts)
			}
			return c.mask(opts)
		},
	}
	cmd.Flags().StringArrayVar(&known, "known", nil, "`NAME` of somebody who takes part; may be given several times")
	cmd.Flags().StringArrayVar(&opts.Keep, "keep", nil, "`DOMAIN` or phone number that stays; may be given several times")
	cmd.Flags().StringVar(&measure, "measure", "", "measure on the examples in `FILE`")
	cmd.Flags().BoolVar(&relaxed, "norway-2032", false, "accept Norwegian identity numbers by the rule announced for 2032")
	return cmd
}

// found is a finding with what was found.
type found struct {
	privacy.Finding
	Text string `json:"text"`
}

func (c *cli) mask(opts privacy.Options) error {
	raw, err := io.ReadAll(io.LimitReader(c.stdin, maxMasked+1))
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if len(raw) > maxMasked {
		return usage(fmt.Errorf("standard input is longer than %d MB; mask it in parts", maxMasked>>20))
	}
	text := string(raw)
	if strings.TrimSpace(text) == "" {
		return usage(errors.New("no text on standard input"))
	}
	v := privacy.New(opts)
	if !c.json {
		_, err = io.WriteString(c.stdout, v.Mask(text))
		return err
	}
	out := struct {
		Findings []found `json:"findings"`
		Masked   string  `json:"masked"`
	}{Findings: []found{}}
	for _, f := range v.Find(text) {
		out.Findings = append(out.Findings, found{f, text[f.Start:f.End]})
	}
	out.Masked = v.Mask(text)
	return c.print(out)
}

func (c *cli) measureMask(path string, opts privacy.Options) error {
	f, err := os.Open(path)
	if err != nil {
		return usage(err)
	}
	defer func() { _ = f.Close() }()
	rep, err := figures.Measure(f, opts)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if c.json {
		return c.print(rep)
	}
	return rep.Write(c.stdout)
}
