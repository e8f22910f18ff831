package pdf

import (
	"fmt"
	"strconv"
	"strings"

	lib "github.com/ledongthuc/pdf"

	"github.com/sufflor/sufflor/ingest"
)

// plainObjects are the objects of a file as ledongthuc/pdf gives them. Object
// streams, encryption and filters are none of its business here.
type plainObjects struct {
	mender *mender
	reader *lib.Reader
	budget *decoded
	broken int
}

func openPlain(src *source, t *crossRefs, clean bool, budget *decoded) (o *plainObjects, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v: %w", r, ingest.ErrDamaged)
		}
	}()
	m, err := mend(src, t, clean, budget)
	if err != nil {
		return nil, err
	}
	r, err := lib.NewReader(src, src.len())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ingest.ErrDamaged, err)
	}
	return &plainObjects{mender: m, reader: r, budget: budget, broken: m.broken}, nil
}

func (p *plainObjects) trailer() object { return p.wrap(p.reader.Trailer) }
func (p *plainObjects) faults() int     { return p.broken }

// wrap calls the library and turns a panic into null. An object of many
// megabytes would take a hundred times as much memory: its reading ends early.
func (p *plainObjects) wrap(get func() lib.Value) (o object) {
	src := p.mender.src
	left := src.budget
	src.budget = min(left, maxObject)
	defer func() {
		src.budget += left - min(left, maxObject)
		if recover() != nil {
			p.broken++
			o = &value{p: p}
		}
	}()
	return &value{p: p, v: get()}
}

// value is an [object] of ledongthuc/pdf. It keeps what it gave: the library
// reads an object from the file each time it is asked.
type value struct {
	p    *plainObjects
	v    lib.Value
	kids map[string]object
	id   string
}

func (o *value) Kind() kind {
	switch o.v.Kind() {
	case lib.Bool:
		return boolKind
	case lib.Integer, lib.Real:
		return numberKind
	case lib.String:
		return stringKind
	case lib.Name:
		return nameKind
	case lib.Dict:
		return dictKind
	case lib.Array:
		return arrayKind
	case lib.Stream:
		return streamKind
	default:
		return nullKind
	}
}

func (o *value) Key(name string) object {
	if k := o.v.Kind(); k != lib.Dict && k != lib.Stream {
		return &value{p: o.p}
	}
	if kid, ok := o.kids[name]; ok {
		return kid
	}
	kid := o.p.wrap(func() lib.Value { return o.v.Key(name) })
	if o.kids == nil {
		o.kids = map[string]object{}
	}
	o.kids[name] = kid
	return kid
}

func (o *value) Index(i int) object {
	if o.v.Kind() != lib.Array || i < 0 || i >= o.v.Len() {
		return &value{p: o.p}
	}
	return o.p.wrap(func() lib.Value { return o.v.Index(i) })
}

func (o *value) Keys() []string { return o.v.Keys() }
func (o *value) Len() int       { return o.v.Len() }

func (o *value) ID() string {
	if o.id == "" {
		o.id = o.v.String()
	}
	return o.id
}

func (o *value) Number() float64 {
	if o.v.Kind() == lib.Bool && o.v.Bool() {
		return 1
	}
	return o.v.Float64()
}

func (o *value) Text() string {
	if o.v.Kind() == lib.Name {
		return o.v.Name()
	}
	return o.v.RawString()
}

func (o *value) Data(limit int64) (data []byte, err error) {
	defer func() {
		if r := recover(); r != nil {
			o.p.broken++
			err = fmt.Errorf("stream: %v: %w", r, ingest.ErrDamaged)
		}
	}()
	if o.v.Kind() != lib.Stream {
		return nil, nil
	}
	raw, err := o.raw()
	if err != nil {
		return nil, err
	}
	return decodeStream(o, raw, limit, o.p.budget)
}

// raw is a stream's bytes before its filters. The library tells where they
// begin only in a stream's String.
func (o *value) raw() ([]byte, error) {
	text := o.ID()
	offset, err := strconv.ParseInt(text[strings.LastIndexByte(text, '@')+1:], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("stream offset: %w", err)
	}
	m := o.p.mender
	from, mended := m.streams[offset]
	if !mended {
		from.offset = offset
	}
	// One more than is decoded tells that there are more.
	raw, err := m.src.streamData(from.offset, int64(o.Key("Length").Number()), maxStream+1)
	if err == nil && mended && m.crypt != nil {
		raw = m.crypt.stream(raw, from.number, from.generation, o)
	}
	return raw, err
}
