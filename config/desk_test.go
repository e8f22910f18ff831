package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
)

func deskYAML(t *testing.T, settings string) (config.Config, error) {
	t.Helper()
	const head = `
workspaces:
  - {id: other, name: Other, language: sv, sources: [{collection: hjälp, audience: public, paths: [b]}]}
  - id: a
    name: A
    language: nb
    sources: [{collection: manuals, audience: public, paths: [a]}]
    desks:
      - name: zd
        kind: zendesk
`
	return config.Parse("s.yaml", []byte(head+"        "+strings.ReplaceAll(strings.TrimSpace(settings), "\n", "\n        ")+"\n"), func(string) (string, bool) { return "", false })
}

func TestDeskDefaults(t *testing.T) {
	c, err := deskYAML(t, "")
	require.NoError(t, err)
	d := c.Workspaces[1].Desks[0]
	require.InDelta(t, 1, d.Draft.Part(), 0)
	require.Equal(t, time.Minute, d.Poll.Interval())
	require.Equal(t, 24*time.Hour, d.Poll.Back())
	open, err := d.Hours.IsOpen()
	require.NoError(t, err)
	require.Nil(t, open)

	c, err = deskYAML(t, "draft: {share: 0}\npoll: {every: 0s, lookback: 0s}")
	require.NoError(t, err)
	d = c.Workspaces[1].Desks[0]
	require.Zero(t, d.Draft.Part())
	require.Zero(t, d.Poll.Interval())
	require.Zero(t, d.Poll.Back())
}

func TestDeskFaults(t *testing.T) {
	for _, tt := range []struct{ name, yaml, want string }{
		{"share", "draft: {share: 1.5}", "workspaces[1].desks[0].draft.share: 1.5; between 0"},
		{"language", "draft: {languages: [no]}", `draft.languages[0]: "no"; one of nb, sv`},
		{"empty tag", `draft: {tags: [""]}`, "draft.tags[0]: empty"},
		{"tag wanted and unwanted", "draft: {tags: [vip], not_tags: [VIP]}", `draft.not_tags: "VIP" is also among tags`},
		{"unknown key", "draft: {shadows: true}", "known here: channels"},
		{"hours without zone", `hours: {open: ["mon-fri 08:00-16:00"]}`, "hours.zone: required"},
		{"hours with a made-up zone", `hours: {zone: Europe/Bergen, open: ["mon-fri 08:00-16:00"]}`, `hours.zone: "Europe/Bergen"`},
		{"hours without times", "hours: {zone: Europe/Oslo}", "hours.open: required"},
		{"hours no one can read", `hours: {zone: Europe/Oslo, open: ["weekdays"]}`, `hours.open[0]: "weekdays"; write days`},
		{"hours of a made-up day", `hours: {zone: Europe/Oslo, open: ["man-fre 08:00-16:00"]}`, "hours.open[0]"},
		{"hours past midnight", `hours: {zone: Europe/Oslo, open: ["mon 22:00-06:00"]}`, "ends before it begins"},
		{"hours beyond the day", `hours: {zone: Europe/Oslo, open: ["mon 08:00-24:01"]}`, "hours.open[0]"},
		{"outside", `hours: {zone: Europe/Oslo, open: ["mon 08:00-16:00"], outside: sleep}`, `hours.outside: "sleep"; draft or skip`},
		{"map of nothing", "map: [{collections: [manuals]}]", "map[0].brand: required, or group"},
		{"map to nowhere", "map: [{brand: b}]", "map[0].workspace: required, or collections"},
		{"map to another's collection", "map: [{brand: b, workspace: other, collections: [manuals]}]", `map[0].collections[0]: "manuals" is no collection of workspace other; it has: hjälp`},
		{"map to no workspace", "map: [{brand: b, workspace: none}]", `map[0].workspace: "none" is not configured; there are: other, a`},
		{"poll too often", "poll: {every: 1s}", "poll.every: 1s; between 5s"},
		{"poll too far back", "poll: {lookback: 9000h}", "poll.lookback: 9000h0m0s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := deskYAML(t, tt.yaml)
			require.ErrorContains(t, err, tt.want)
			require.ErrorContains(t, err, "s.yaml")
		})
	}
}

func TestBusinessHours(t *testing.T) {
	c, err := deskYAML(t, `hours: {zone: Europe/Oslo, open: ["mon-fri 08:00-16:00", "sat 10:00-24:00", "sun-mon 00:00-01:00"], outside: skip}`)
	require.NoError(t, err)
	open, err := c.Workspaces[1].Desks[0].Hours.IsOpen()
	require.NoError(t, err)
	for at, want := range map[string]bool{
		"2026-11-30T06:59:59Z": false, // Monday, 07:59 in Oslo
		"2026-11-30T07:00:00Z": true,
		"2026-11-30T14:59:00Z": true,
		"2026-11-30T15:00:00Z": false,
		"2026-06-29T06:00:00Z": true, // Monday in summer, 08:00
		"2026-12-05T22:59:00Z": true, // Saturday, 23:59
		"2026-12-05T23:30:00Z": true, // Sunday, 00:30
		"2026-12-06T00:30:00Z": false,
		"2026-12-06T23:30:00Z": true, // Monday, 00:30
	} {
		t0, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		require.Equal(t, want, open(t0), at)
	}
	c, err = deskYAML(t, `hours: {zone: Europe/Oslo, open: ["mon-fri 08:00-16:00"]}`)
	require.NoError(t, err)
	open, err = c.Workspaces[1].Desks[0].Hours.IsOpen()
	require.NoError(t, err)
	require.Nil(t, open, "drafts are made as always")
}
