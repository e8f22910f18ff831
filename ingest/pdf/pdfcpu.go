package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	cpu "github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/types"

	"github.com/sufflor/sufflor/ingest"
)

// maxLoaded is the bytes of a file that pdfcpu, which keeps all of it in
// memory, is given.
const maxLoaded = 64 << 20

// loadedObjects are the objects of a file as pdfcpu gives them.
type loadedObjects struct {
	table  *model.XRefTable
	budget *decoded
	broken int
}

func openLoaded(ctx context.Context, src *source, budget *decoded) (o *loadedObjects, err error) {
	defer func() {
		if r := recover(); r != nil {
			o, err = nil, fmt.Errorf("%v: %w", r, ingest.ErrDamaged)
		}
	}()
	if src.size > maxLoaded || src.huge {
		return nil, fmt.Errorf("more than %d MB, or %d MB in an object: %w", maxLoaded>>20, maxObject>>20, ingest.ErrDamaged)
	}
	// Our own configuration: the default one is a file in the user's home
	// folder, which pdfcpu creates.
	conf := &model.Configuration{
		Reader15: true, ValidationMode: model.ValidationRelaxed, UnsupportedResourcePolicy: model.UnsupportedResourceSkip,
		Offline: true, Limits: model.ResourceLimits{
			MaxStreamBytes: maxStream, MaxDecodeBytes: maxStream, MaxImagePixels: 1, MaxImageBytes: 1,
			MaxObjectCount: maxObjects, MaxObjectStreamCount: maxElements, MaxObjectStreamFirst: 1 << 20,
			MaxXRefEntries: maxObjects, MaxRecursionDepth: maxDepth,
		},
	}
	read, err := cpu.ReadWithContext(ctx, io.NewSectionReader(src, 0, src.size), conf)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, cpu.ErrWrongPassword):
		return nil, errPassword
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ingest.ErrDamaged, err)
	}
	return &loadedObjects{table: read.XRefTable, budget: budget}, nil
}

func (l *loadedObjects) faults() int { return l.broken }

func (l *loadedObjects) trailer() object {
	d := types.Dict{}
	if l.table.Root != nil {
		d["Root"] = *l.table.Root
	}
	if l.table.Info != nil {
		d["Info"] = *l.table.Info
	}
	return loaded{l: l, o: d}
}

// wrap follows references.
func (l *loadedObjects) wrap(o types.Object) (out object) {
	id := ""
	defer func() {
		if recover() != nil {
			l.broken++
			out = loaded{l: l}
		}
	}()
	for range 8 {
		ref, ok := o.(types.IndirectRef)
		if !ok {
			break
		}
		id = ref.String()
		var err error
		if o, err = l.table.Dereference(ref); err != nil {
			l.broken++
			return loaded{l: l}
		}
	}
	return loaded{l: l, o: o, id: id}
}

// loaded is an [object] of pdfcpu.
type loaded struct {
	l  *loadedObjects
	o  types.Object
	id string // of the reference to it
}

func (o loaded) dict() types.Dict {
	switch v := o.o.(type) {
	case types.Dict:
		return v
	case types.StreamDict:
		return v.Dict
	case types.ObjectStreamDict:
		return v.Dict
	}
	return nil
}

func (o loaded) Kind() kind {
	switch o.o.(type) {
	case types.Boolean:
		return boolKind
	case types.Integer, types.Float:
		return numberKind
	case types.StringLiteral, types.HexLiteral:
		return stringKind
	case types.Name:
		return nameKind
	case types.Array:
		return arrayKind
	case types.Dict:
		return dictKind
	case types.StreamDict, types.ObjectStreamDict:
		return streamKind
	default:
		return nullKind
	}
}

func (o loaded) Key(name string) object { return o.l.wrap(o.dict()[name]) }

func (o loaded) Keys() []string {
	keys := make([]string, 0, len(o.dict()))
	for k := range o.dict() {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (o loaded) Len() int {
	a, _ := o.o.(types.Array)
	return len(a)
}

func (o loaded) Index(i int) object {
	a, _ := o.o.(types.Array)
	if i < 0 || i >= len(a) {
		return loaded{l: o.l}
	}
	return o.l.wrap(a[i])
}

func (o loaded) Number() float64 {
	switch v := o.o.(type) {
	case types.Boolean:
		if v {
			return 1
		}
	case types.Integer:
		return float64(v)
	case types.Float:
		return float64(v)
	}
	return 0
}

func (o loaded) Text() string {
	switch v := o.o.(type) {
	case types.Name:
		return string(v)
	case types.HexLiteral:
		l := lexer{data: []byte("<" + string(v) + ">")}
		return l.hex()
	case types.StringLiteral:
		l := lexer{data: []byte("(" + string(v) + ")")}
		return l.literal()
	}
	return ""
}

func (o loaded) Data(limit int64) (data []byte, err error) {
	stream, ok := o.o.(types.StreamDict)
	if !ok {
		return nil, nil
	}
	raw := stream.Raw
	if len(raw) == 0 {
		raw = stream.Content
		o.l.budget.left -= int64(len(raw))
		return raw, nil
	}
	// A filter may work in place, and others may read the stream, too.
	return decodeStream(o, slices.Clone(raw), limit, o.l.budget)
}

func (o loaded) ID() (id string) {
	if o.id != "" {
		return o.id
	}
	defer func() {
		if recover() != nil {
			id = ""
		}
	}()
	if o.o == nil {
		return "null"
	}
	return o.o.String()
}
