package measure

// ParseItem reads a line of items.
func ParseItem(raw []byte) (Item, error) {
	it, _, err := parseItem(raw, map[string]int{})
	return it, err
}
