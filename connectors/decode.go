package connectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Decode reads one JSON value of outside origin into v and nothing after it.
// Errors wrap [ErrMalformed] and say where, but never quote what was sent: it
// may be a customer's, and errors are logged.
func Decode(body []byte, v any) error {
	dec := json.NewDecoder(strings.NewReader(string(body)))
	if err := dec.Decode(v); err != nil {
		return fmt.Errorf("%s: %w", where(err), ErrMalformed)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("json: more than one value, the second before byte %d: %w", dec.InputOffset(), ErrMalformed)
	}
	return nil
}

func where(err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "json: ends too early"
	case errors.As(err, &syntax):
		return fmt.Sprintf("json: not valid at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Sprintf("json: field %q is no %s", kind.Field, kind.Type)
	default:
		return "json: not readable"
	}
}

// ID is an identifier that desks write as a string or as a number. It is kept
// as text: many are larger than a float64 can hold.
type ID string

// UnmarshalJSON implements [json.Unmarshaler].
func (id *ID) UnmarshalJSON(data []byte) error {
	if len(data) > 0 && data[0] == '"' {
		var s string
		if err := json.Unmarshal(data, &s); err != nil {
			return err
		}
		*id = ID(s)
		return nil
	}
	switch string(data) {
	case "null":
		*id = ""
		return nil
	case "true", "false":
		return errors.New("an id is a string or a number")
	}
	var n json.Number
	if err := json.Unmarshal(data, &n); err != nil {
		return errors.New("an id is a string or a number")
	}
	*id = ID(n.String())
	return nil
}
