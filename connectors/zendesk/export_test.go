package zendesk

// Clip is clip, for tests.
func Clip(s string, n int) string { return clip(s, n) }
