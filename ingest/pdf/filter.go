package pdf

import (
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/ascii85"
	"errors"
	"fmt"
	"io"
	"sync"
)

// errFilter means that a stream's filter is one of images, or unknown.
var errFilter = errors.New("filter not supported")

// decodeStream undoes the filters of a stream with this dictionary. What each
// of them writes counts against the budget.
func decodeStream(dict object, data []byte, limit int64, budget *decoded) ([]byte, error) {
	if budget.left <= 0 {
		return nil, errDecoded
	}
	limit = min(limit, budget.left)
	budget.left -= min(int64(len(data)), limit)/8 + 64 // for the time it takes
	filter, params := dict.Key("Filter"), dict.Key("DecodeParms")
	count := 1
	switch filter.Kind() {
	case nullKind:
		count = 0
	case arrayKind:
		count = min(filter.Len(), maxFilters)
	}
	var fault error
	for i := range count {
		name, p := filter, params
		if filter.Kind() == arrayKind {
			name = filter.Index(i)
		}
		if params.Kind() == arrayKind {
			p = params.Index(i)
		}
		var err error
		data, err = decode(name.Text(), p, data, limit)
		budget.left -= int64(len(data))
		if errors.Is(err, errFilter) {
			return nil, err
		}
		if err != nil && fault == nil {
			fault = err
		}
		if len(data) == 0 {
			break
		}
	}
	if int64(len(data)) > limit {
		data, fault = data[:limit], errStream(limit)
	}
	return data, fault
}

func errStream(limit int64) error { return fmt.Errorf("stream of more than %d bytes", limit) }

// decode applies one filter of ISO 32000-1, 7.4. What could be decoded before
// a fault is returned along with the error: half a page is better than none.
func decode(filter string, params object, in []byte, limit int64) ([]byte, error) {
	var out []byte
	var err error
	switch filter {
	case "FlateDecode", "Fl":
		out, err = inflate(in, limit)
	case "LZWDecode", "LZW":
		early := params.Key("EarlyChange")
		out, err = unLZW(in, limit, early.Kind() == nullKind || early.Number() != 0)
	case "ASCIIHexDecode", "AHx":
		return unHex(in), nil
	case "ASCII85Decode", "A85":
		return unASCII85(in, limit)
	case "RunLengthDecode", "RL":
		return unRunLength(in, limit), nil
	case "Crypt": // done before
		return in, nil
	default:
		return nil, fmt.Errorf("%s: %w", cmp.Or(filter, "one without a name"), errFilter)
	}
	if p := int(params.Key("Predictor").Number()); p > 1 {
		out = unpredict(out, p, params)
	}
	return out, err
}

// inflate reads a zlib stream without believing its header or checksum.
func inflate(in []byte, limit int64) ([]byte, error) {
	body := in
	if len(in) >= 2 && in[0]&0x0F == 8 && (int(in[0])<<8|int(in[1]))%31 == 0 {
		body = in[2:]
	}
	inflater, _ := inflaters.Get().(io.ReadCloser) // it is large, and streams are many
	if inflater == nil {
		inflater = flate.NewReader(nil)
	}
	defer inflaters.Put(inflater)
	out, err := inflateWith(inflater, body, limit)
	if err != nil && len(out) == 0 && len(in) > 2 {
		out, err = inflateWith(inflater, in[2:], limit)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) && flushed(in) {
		err = nil
	}
	return out, err
}

// flushed reports whether a stream is empty or ends where its writer flushed
// it: Acrobat does not always write the last block.
func flushed(in []byte) bool {
	in = bytes.TrimRight(in, "\r\n")
	return len(in) == 0 || bytes.HasSuffix(in, []byte{0, 0, 0xFF, 0xFF})
}

var inflaters sync.Pool

func inflateWith(r io.Reader, body []byte, limit int64) ([]byte, error) {
	if resetter, ok := r.(flate.Resetter); ok {
		if err := resetter.Reset(bytes.NewReader(body), nil); err != nil {
			return nil, err
		}
	}
	return readSome(r, 4*len(body), limit)
}

// readSome reads up to limit bytes; guess is how many there may be.
func readSome(r io.Reader, guess int, limit int64) ([]byte, error) {
	out := make([]byte, 0, min(int64(guess)+512, limit+1))
	for {
		n, err := r.Read(out[len(out):cap(out)])
		out = out[:len(out)+n]
		switch {
		case int64(len(out)) > limit:
			return out[:limit], errStream(limit)
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return out, err
		case len(out) == cap(out):
			out = append(make([]byte, 0, min(2*int64(cap(out)), limit+1)), out...)
		}
	}
}

func unHex(in []byte) []byte {
	out := make([]byte, 0, len(in)/2)
	high := -1
	for _, c := range in {
		v := hexValue(c)
		switch {
		case c == '>':
			if high >= 0 {
				out = append(out, byte(high<<4&0xFF))
			}
			return out
		case v < 0:
		case high < 0:
			high = v
		default:
			out = append(out, byte((high<<4|v)&0xFF))
			high = -1
		}
	}
	return out
}

func unASCII85(in []byte, limit int64) ([]byte, error) {
	clean := make([]byte, 0, len(in))
	for i, c := range in {
		if c == '~' {
			break
		}
		if i == 0 && c == '<' { // "<~" opens it in some writers
			continue
		}
		if c >= '!' && c <= 'u' || c == 'z' {
			clean = append(clean, c)
		}
	}
	return readSome(ascii85.NewDecoder(bytes.NewReader(clean)), len(clean), limit)
}

// unRunLength gives a little more than limit bytes when there are more.
func unRunLength(in []byte, limit int64) []byte {
	var out []byte
	for i := 0; i < len(in) && int64(len(out)) <= limit; {
		n := int(in[i])
		i++
		switch {
		case n == 128:
			return out
		case n < 128:
			end := min(i+n+1, len(in))
			out = append(out, in[i:end]...)
			i = end
		case i < len(in):
			out = append(out, bytes.Repeat(in[i:i+1], 257-n)...)
			i++
		}
	}
	return out
}

// unLZW decodes the LZW of TIFF and PDF, which compress/lzw does not: codes
// grow one entry early unless the stream says otherwise.
func unLZW(in []byte, limit int64, early bool) ([]byte, error) {
	const clearCode, endCode, maxCodes = 256, 257, 4096
	var (
		out    []byte
		prefix [maxCodes]int
		suffix [maxCodes]byte
		length [maxCodes]int
		next   = 258
		width  = 9
		prev   = -1
		bits   uint32
		held   int
		shift  = 0
	)
	if early {
		shift = 1
	}
	for i := range 256 {
		suffix[i], length[i] = byte(i), 1
	}
	first := func(code int) byte {
		for code >= 258 {
			code = prefix[code]
		}
		return suffix[code]
	}
	for _, b := range in {
		bits, held = bits<<8|uint32(b), held+8
		if held < width {
			continue
		}
		code := int(bits>>(held-width)) & (1<<width - 1)
		held -= width
		switch {
		case code == clearCode:
			next, width, prev = 258, 9, -1
			continue
		case code == endCode:
			return out, nil
		case code > next || code == next && prev < 0 || prev < 0 && code > 257:
			return out, errors.New("LZW code out of range")
		}
		if prev >= 0 && next < maxCodes {
			head := prev
			if code < next {
				head = code
			}
			prefix[next], suffix[next], length[next] = prev, first(head), length[prev]+1 //nolint:gosec // next is below maxCodes here, and prev below next
			next++
		} else if code == next {
			return out, errors.New("LZW table is full")
		}
		if int64(len(out)+length[code]) > limit {
			return out, errStream(limit)
		}
		at := len(out) + length[code]
		out = append(out, make([]byte, length[code])...)
		for c := code; ; c = prefix[c] {
			at--
			out[at] = suffix[c]
			if c < 256 {
				break
			}
		}
		prev = code
		for width < 12 && next+shift >= 1<<width {
			width++
		}
	}
	return out, nil
}

// unpredict undoes the PNG predictors, and TIFF's for whole bytes.
func unpredict(in []byte, predictor int, params object) []byte {
	number := func(key string, otherwise, most int) int {
		if o := params.Key(key); o.Kind() == numberKind {
			return min(max(int(o.Number()), 1), most)
		}
		return otherwise
	}
	colors, bpc := number("Colors", 1, 32), number("BitsPerComponent", 8, 16)
	columns := number("Columns", 1, 1<<20)
	pixel := max(1, colors*bpc/8)
	row := min((colors*bpc*columns+7)/8, len(in)+1)
	if predictor == 2 {
		if bpc != 8 {
			return in
		}
		for start := 0; start < len(in); start += row {
			for i := start + pixel; i < min(start+row, len(in)); i++ {
				in[i] += in[i-pixel]
			}
		}
		return in
	}
	out := make([]byte, 0, len(in))
	above := make([]byte, row)
	for len(in) > 1 {
		filter, line := in[0], in[1:min(1+row, len(in))]
		in = in[1+len(line):]
		for i := range line {
			var left, corner byte
			if i >= pixel {
				left, corner = line[i-pixel], above[i-pixel]
			}
			switch filter {
			case 1:
				line[i] += left
			case 2:
				line[i] += above[i]
			case 3:
				line[i] += byte((int(left) + int(above[i])) / 2 & 0xFF)
			case 4:
				line[i] += paeth(left, above[i], corner)
			}
		}
		out = append(out, line...)
		above = append(line, make([]byte, row-len(line))...)
	}
	return out
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	da, db, dc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case da <= db && da <= dc:
		return a
	case db <= dc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
