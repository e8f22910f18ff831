package local_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// message is a protobuf written by hand (protobuf.dev/programming-guides/encoding).
type message []byte

func (m *message) number(field int, v int64) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3)
	*m = binary.AppendUvarint(*m, uint64(v))
}

func (m *message) bytes(field int, v []byte) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|2)
	*m = binary.AppendUvarint(*m, uint64(len(v)))
	*m = append(*m, v...)
}

func (m *message) text(field int, v string) { m.bytes(field, []byte(v)) }

// graph is an ONNX graph in the making. Numbers of fields are those of
// onnx.proto, version 8 of the format.
type graph struct {
	proto message
	rnd   *rand.Rand
	names int
}

func newGraph() *graph { return &graph{rnd: rand.New(rand.NewPCG(7, 7))} }

func (g *graph) name() string {
	g.names++
	return fmt.Sprintf("n%d", g.names)
}

// constant adds an initializer of floats (element type 1) or integers (7).
func (g *graph) constant(kind int64, raw []byte, dims ...int64) string {
	var t message
	for _, d := range dims {
		t.number(1, d)
	}
	t.number(2, kind)
	name := g.name()
	t.text(8, name)
	t.bytes(9, raw)
	g.proto.bytes(5, t)
	return name
}

func (g *graph) floats(f func(i int) float32, dims ...int64) string {
	n := 1
	for _, d := range dims {
		n *= int(d)
	}
	var raw []byte
	for i := range n {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(f(i)))
	}
	return g.constant(1, raw, dims...)
}

func (g *graph) same(v float32, dims ...int64) string {
	return g.floats(func(int) float32 { return v }, dims...)
}

func (g *graph) random(scale float64, dims ...int64) string {
	return g.floats(func(int) float32 { return float32(g.rnd.NormFloat64() * scale) }, dims...)
}

func (g *graph) ints(v ...int64) string {
	var raw []byte
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(x))
	}
	return g.constant(7, raw, int64(len(v)))
}

// attribute is a number, or several.
type attribute struct {
	name  string
	value any // int64, float32 or []int64
}

func (g *graph) node(op, output string, inputs []string, attributes ...attribute) string {
	var n message
	for _, in := range inputs {
		n.text(1, in)
	}
	n.text(2, output)
	n.text(3, op+"/"+output)
	n.text(4, op)
	for _, a := range attributes {
		var m message
		m.text(1, a.name)
		switch v := a.value.(type) {
		case float32:
			m = binary.AppendUvarint(m, 2<<3|5)
			m = binary.LittleEndian.AppendUint32(m, math.Float32bits(v))
			m.number(20, 1)
		case int64:
			m.number(3, v)
			m.number(20, 2)
		case []int64:
			for _, x := range v {
				m.number(8, x)
			}
			m.number(20, 7)
		}
		n.bytes(5, m)
	}
	g.proto.bytes(1, n)
	return output
}

func (g *graph) op(op string, inputs []string, attributes ...attribute) string {
	return g.node(op, g.name(), inputs, attributes...)
}

// value declares an input (field 11) or output (12).
func (g *graph) value(field int, name string, kind int64, dims ...any) {
	var shape, tensor, kinds, v message
	for _, d := range dims {
		var dim message
		switch x := d.(type) {
		case int64:
			dim.number(1, x)
		case string:
			dim.text(2, x)
		}
		shape.bytes(1, dim)
	}
	tensor.number(1, kind)
	tensor.bytes(2, shape)
	kinds.bytes(1, tensor)
	v.text(1, name)
	v.bytes(2, kinds)
	g.proto.bytes(field, v)
}

// model is the whole file, with the inputs of a text.
func (g *graph) model() []byte {
	g.value(11, "input_ids", 7, "batch", "sequence")
	g.value(11, "attention_mask", 7, "batch", "sequence")
	g.proto.text(2, "graph")
	var opset, out message
	opset.text(1, "")
	opset.number(2, 17)
	out.number(1, 8)
	out.bytes(7, g.proto)
	out.bytes(8, opset)
	return out
}

// words is the vocabulary of the tests.
var words = []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "faktura", "regning", "passord", "bytt", "##e", "##n", "din", "invoice"}

// table is what word i is as a vector.
func table(i, dim int) []float32 {
	v := make([]float32, dim)
	for j := range v {
		v[j] = float32(math.Sin(float64(1 + i*dim + j)))
	}
	return v
}

// lookup is the smallest model there is: a vector for each word. The mask is
// added times nothing, since an input must be used.
func lookup(dim int64) []byte {
	g := newGraph()
	weights := g.floats(func(i int) float32 { return table(i/int(dim), int(dim))[i%int(dim)] }, int64(len(words)), dim)
	x := g.op("Gather", []string{weights, "input_ids"})
	mask := g.op("Cast", []string{g.op("Unsqueeze", []string{"attention_mask", g.ints(2)})}, attribute{"to", int64(1)})
	g.node("Add", "last_hidden_state", []string{x, g.op("Mul", []string{mask, g.same(0, 1)})})
	g.value(12, "last_hidden_state", 1, "batch", "sequence", dim)
	return g.model()
}

// transformer is an encoder of the shape of BERT with random weights, as large
// as wanted, to measure with.
func transformer(vocabulary, dim, layers, heads, inner int64) []byte {
	g := newGraph()
	dense := func(x string, in, out int64) string {
		return g.op("Add", []string{g.op("MatMul", []string{x, g.random(1/math.Sqrt(float64(in)), in, out)}), g.random(.01, out)})
	}
	norm := func(x string) string {
		return g.op("LayerNormalization", []string{x, g.same(1, dim), g.same(0, dim)}, attribute{"axis", int64(-1)}, attribute{"epsilon", float32(1e-5)})
	}
	swap := func(x string, order ...int64) string {
		return g.op("Transpose", []string{x}, attribute{"perm", order})
	}
	x := norm(g.op("Gather", []string{g.random(1, vocabulary, dim), "input_ids"}))
	mask := g.op("Cast", []string{g.op("Unsqueeze", []string{"attention_mask", g.ints(1, 2)})}, attribute{"to", int64(1)})
	mask = g.op("Mul", []string{g.op("Sub", []string{g.same(1, 1), mask}), g.same(-10000, 1)})
	for range layers {
		head := func() string {
			return swap(g.op("Reshape", []string{dense(x, dim, dim), g.ints(0, -1, heads, dim/heads)}), 0, 2, 1, 3)
		}
		q, k, v := head(), swap(head(), 0, 1, 3, 2), head()
		s := g.op("Mul", []string{g.op("MatMul", []string{q, k}), g.same(float32(1/math.Sqrt(float64(dim/heads))), 1)})
		s = g.op("Softmax", []string{g.op("Add", []string{s, mask})}, attribute{"axis", int64(-1)})
		a := g.op("Reshape", []string{swap(g.op("MatMul", []string{s, v}), 0, 2, 1, 3), g.ints(0, -1, dim)})
		x = norm(g.op("Add", []string{x, dense(a, dim, dim)}))
		h := dense(x, dim, inner)
		e := g.op("Erf", []string{g.op("Mul", []string{h, g.same(math.Sqrt2/2, 1)})})
		h = g.op("Mul", []string{g.op("Mul", []string{h, g.op("Add", []string{e, g.same(1, 1)})}), g.same(.5, 1)})
		x = norm(g.op("Add", []string{x, dense(h, inner, dim)}))
	}
	g.node("Identity", "last_hidden_state", []string{x})
	g.value(12, "last_hidden_state", 1, "batch", "sequence", dim)
	return g.model()
}

// folderOf writes a model's folder.
func folderOf(tb testing.TB, onnx []byte, vocabulary []string, more map[string]string) string {
	tb.Helper()
	dir := filepath.Join(tb.TempDir(), "tiny-model")
	ids := map[string]int{}
	for i, w := range vocabulary {
		ids[w] = i
	}
	type object = map[string]any
	special := func(id string) object { return object{"SpecialToken": object{"id": id, "type_id": 0}} }
	var added []object
	for i, w := range words[:4] {
		added = append(added, object{"id": i, "content": w, "special": true})
	}
	around := []object{special("[CLS]"), {"Sequence": object{"id": "A", "type_id": 0}}, special("[SEP]")}
	tokenizer, err := json.Marshal(object{
		"version": "1.0", "added_tokens": added,
		"truncation": object{"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0},
		"normalizer": object{"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "lowercase": true}, "pre_tokenizer": object{"type": "BertPreTokenizer"},
		"post_processor": object{"type": "TemplateProcessing", "single": around, "pair": around, "special_tokens": object{
			"[CLS]": object{"id": "[CLS]", "ids": []int{2}, "tokens": []string{"[CLS]"}}, "[SEP]": object{"id": "[SEP]", "ids": []int{3}, "tokens": []string{"[SEP]"}},
		}},
		"model": object{"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ids},
	})
	require.NoError(tb, err)
	files := map[string]string{
		"model.onnx": string(onnx), "tokenizer.json": string(tokenizer), "config.json": `{"model_type":"bert","max_position_embeddings":64,"pad_token_id":0}`,
	}
	maps.Copy(files, more)
	for name, content := range files {
		path := filepath.Join(dir, name)
		require.NoError(tb, os.MkdirAll(filepath.Dir(path), 0o700))
		if content != "" {
			require.NoError(tb, os.WriteFile(path, []byte(content), 0o600))
		}
	}
	return dir
}
