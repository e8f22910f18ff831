package pdf

import (
	"slices"
	"strings"
	"unicode"
)

const (
	maxOutline      = 20_000 // entries
	maxOutlineDepth = 16
	outlineTitle    = 3 // characters at least, for a heading to be told by it
)

// outline is the titles of a file's bookmarks with their depths from 1.
func (f *file) outline() map[string]int {
	titles := map[string]int{}
	left := maxOutline
	var walk func(o object, depth int)
	walk = func(o object, depth int) {
		for o.Kind() == dictKind && left > 0 && depth <= maxOutlineDepth {
			left--
			if key := titleKey(textString(o.Key("Title").Text())); len(key) >= outlineTitle {
				if old, ok := titles[key]; !ok || depth < old {
					titles[key] = depth
				}
			}
			walk(o.Key("First"), depth+1)
			o = o.Key("Next")
		}
	}
	walk(f.root().Key("Outlines").Key("First"), 1)
	return titles
}

// titleKey is what a title in the outline and on the page have in common: its
// letters and digits, without the number before it.
func titleKey(s string) string {
	rest := strings.TrimLeftFunc(s, func(r rune) bool { return !unicode.IsLetter(r) })
	if rest == "" {
		rest = s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, rest)
}

// outlined finds the blocks that the outline names, with their depths: for each
// title the block that looks most like a heading, as a table of contents has it
// too.
func outlined(blocks []block, outline map[string]int) map[int]int {
	best := map[string]int{}
	for i := range blocks {
		b := &blocks[i]
		if b.table != nil || b.turned || b.lines > headingLines || len(b.text) > headingText || isBullet(b.marker) {
			continue
		}
		key := titleKey(b.marker + " " + b.text)
		if _, ok := outline[key]; !ok {
			continue
		}
		old, ok := best[key]
		if !ok || b.size > blocks[old].size || b.size == blocks[old].size && b.bold && !blocks[old].bold {
			best[key] = i
		}
	}
	depths := map[int]int{}
	for key, i := range best {
		depths[i] = outline[key]
	}
	return depths
}

// levelsOf gives each heading a level: the rank of its looks, or the depth in
// the outline when that names at least half of the headings. A heading that it
// does not name is like those that look the same.
func levelsOf(blocks []block, is []bool, depths map[int]int, ranked []style) []int {
	levels := map[style]int{}
	for rank, s := range ranked {
		levels[s] = rank + 1
	}
	headings := 0
	named, count := map[style]int{}, map[style]int{}
	for i, b := range blocks {
		if !is[i] {
			continue
		}
		headings++
		count[b.look()]++
		if d, ok := depths[i]; ok && (named[b.look()] == 0 || d < named[b.look()]) {
			named[b.look()] = d
		}
	}
	each := make([]int, len(blocks))
	if len(depths) < 2 || len(depths)*2 < headings {
		for i, b := range blocks {
			each[i] = levels[b.look()]
		}
		return each
	}
	// The document's title stands over the others, whether the outline names it
	// beside them or not at all.
	title, above := ranked[0], 0
	if d, ok := named[title]; !ok || count[title] == 1 && slices.ContainsFunc(ranked[1:], func(s style) bool { return named[s] == d }) {
		above = 1
	}
	deepest := above
	for _, s := range ranked[above:] {
		if d, ok := named[s]; ok {
			levels[s] = d + above
		} else if deepest > 0 {
			levels[s] = deepest + 1
		}
		deepest = max(deepest, levels[s])
	}
	for i, b := range blocks {
		each[i] = levels[b.look()]
		if d, ok := depths[i]; ok && (b.look() != title || above == 0) {
			each[i] = d + above
		}
	}
	return each
}
