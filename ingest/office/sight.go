package office

// Sight is whether people see a text.
type Sight int

// What may be said of it. A doubtful text is read, and reported.
const (
	Seen Sight = iota
	Doubtful
	Unseen
)
