package ingest

import (
	"fmt"
	"strconv"
	"strings"
)

// maxRanges is how many ranges of pages are worth reading.
const maxRanges = 20

// PageList writes ascending page numbers for people: "page 3", "pages 1, 3–5";
// after twenty ranges it counts the rest.
func PageList(numbers []int) string {
	noun := "pages "
	if len(numbers) == 1 {
		noun = "page "
	}
	var parts []string
	for i := 0; i < len(numbers); {
		end := i
		for end+1 < len(numbers) && numbers[end+1] == numbers[end]+1 {
			end++
		}
		part := strconv.Itoa(numbers[i])
		if end > i {
			part += "–" + strconv.Itoa(numbers[end])
		}
		parts = append(parts, part)
		if i = end + 1; len(parts) == maxRanges && i < len(numbers) {
			return fmt.Sprintf("%s%s and %d more", noun, strings.Join(parts, ", "), len(numbers)-i)
		}
	}
	return noun + strings.Join(parts, ", ")
}
