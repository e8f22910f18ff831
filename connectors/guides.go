package connectors

import (
	"embed"
	"strings"
)

//go:embed */README.md
var guides embed.FS

// Guide is how a desk of a kind is set up, in Markdown: the part of its README
// below "Set-up". It is empty for a kind that has none.
func Guide(kind string) string {
	folder, part := kind, ""
	switch kind {
	case "freshdesk":
		folder, part = "freshworks", "### Freshdesk"
	case "freshchat":
		folder, part = "freshworks", "### Freshchat"
	}
	data, err := guides.ReadFile(folder + "/README.md")
	if err != nil {
		return ""
	}
	text := section(string(data), "## Set-up")
	if part != "" {
		text = section(text, part)
	}
	return text
}

// section is what stands below a heading, to the next of its level or above.
// Headings within code are none.
func section(text, heading string) string {
	level := strings.Count(strings.SplitN(heading, " ", 2)[0], "#")
	var out []string
	inside, code := false, false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			code = !code
		}
		hashes := len(line) - len(strings.TrimLeft(line, "#"))
		if title := strings.TrimSpace(line); !code && hashes > 0 && hashes <= level && strings.HasPrefix(line[hashes:], " ") {
			inside = title == heading
			continue
		}
		if inside {
			out = append(out, line)
		}
	}
	return strings.TrimSpace(strings.Join(out, ""))
}
