// Package llmtest makes real models to test with: a tiny one of random
// weights, and an Ollama server that runs it.
package llmtest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
)

// The sizes of the tiny model. They are the smallest that llama.cpp's Llama
// takes without complaint: heads of 32 numbers, two of them to a key.
const (
	width  = 128 // numbers for a token
	layers = 2
	heads  = 4
	keys   = 2 // heads of keys and values
	hidden = 256
	window = 8192
)

// someWords give the model's babble the look of our six languages, so that
// checks of language, numbers and citations have something to do.
const someWords = `hei takk ordren din sendes innen tre dager og kan returneres gratis hvis varen er ubrukt ` +
	`hej tack din beställning skickas inom fem dagar vardagar du får pengarna tillbaka ` +
	`tak ordre afsendes senest mandag garantien gælder i to år ` +
	`tilaus toimitetaan viikossa palautus on maksuton kiitos ` +
	`die lieferung dauert zwei wochen und kostet nichts bitte senden sie das gerät zurück ` +
	`your refund takes five days the filter must be changed every month please contact us ` +
	`XY-2000 E-44 4,90 12.5 % EUR NOK 30 14 2026 [1] [2] [3] https://example.com`

// The types of values, tokens and numbers in GGUF, version 3
// (github.com/ggml-org/ggml/blob/master/docs/gguf.md).
const (
	typeU32, typeI32, typeF32, typeBool, typeString, typeArray = 4, 5, 6, 7, 8, 9

	tokenNormal, tokenUnknown, tokenControl, tokenByte = 1, 2, 3, 6

	alignment = 32
)

// Tiny writes a Llama of random weights in GGUF. The same seed gives the same
// bytes. What it says is garbage; that it says it through a real server is the
// point.
func Tiny(w io.Writer, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, 1))
	words, scores, kinds := vocabulary()
	g := &gguf{}
	g.text("general.architecture", "llama")
	g.text("general.name", "tiny noise")
	g.u32("general.file_type", 0)
	for _, n := range []struct {
		key   string
		value int
	}{
		{"context_length", window},
		{"embedding_length", width},
		{"block_count", layers},
		{"feed_forward_length", hidden},
		{"attention.head_count", heads},
		{"attention.head_count_kv", keys},
		{"rope.dimension_count", width / heads},
		{"vocab_size", len(words)},
	} {
		g.u32("llama."+n.key, uint32(n.value))
	}
	g.f32("llama.attention.layer_norm_rms_epsilon", 1e-5)
	g.f32("llama.rope.freq_base", 10000)
	g.text("tokenizer.ggml.model", "llama")
	g.text("tokenizer.ggml.pre", "default")
	g.array("tokenizer.ggml.tokens", typeString, len(words), func(b *bytes.Buffer, i int) { putText(b, words[i]) })
	g.array("tokenizer.ggml.scores", typeF32, len(words), func(b *bytes.Buffer, i int) { put(b, scores[i]) })
	g.array("tokenizer.ggml.token_type", typeI32, len(words), func(b *bytes.Buffer, i int) { put(b, kinds[i]) })
	g.u32("tokenizer.ggml.unknown_token_id", 0)
	g.u32("tokenizer.ggml.bos_token_id", 1)
	g.u32("tokenizer.ggml.eos_token_id", 2)
	g.boolean("tokenizer.ggml.add_bos_token", true)
	g.boolean("tokenizer.ggml.add_eos_token", false)

	noise := func(n int, spread float64) []float32 {
		out := make([]float32, n)
		for i := range out {
			out[i] = float32(r.NormFloat64() * spread)
		}
		return out
	}
	ones := make([]float32, width)
	for i := range ones {
		ones[i] = 1
	}
	even := 1 / math.Sqrt(width) // keeps the size of what passes through
	g.tensor("token_embd.weight", noise(width*len(words), 1), width, len(words))
	for i := range layers {
		at := fmt.Sprintf("blk.%d.", i)
		g.tensor(at+"attn_norm.weight", ones, width)
		g.tensor(at+"attn_q.weight", noise(width*width, even), width, width)
		g.tensor(at+"attn_k.weight", noise(width*width*keys/heads, even), width, width*keys/heads)
		g.tensor(at+"attn_v.weight", noise(width*width*keys/heads, even), width, width*keys/heads)
		g.tensor(at+"attn_output.weight", noise(width*width, even), width, width)
		g.tensor(at+"ffn_norm.weight", ones, width)
		g.tensor(at+"ffn_gate.weight", noise(width*hidden, even), width, hidden)
		g.tensor(at+"ffn_up.weight", noise(width*hidden, even), width, hidden)
		g.tensor(at+"ffn_down.weight", noise(width*hidden, 1/math.Sqrt(hidden)), hidden, width)
	}
	g.tensor("output_norm.weight", ones, width)
	out := noise(width*len(words), 1.5*even)
	for i := 2 * width; i < 3*width; i++ {
		out[i] *= 3 // the end is likelier than a word, so that some replies have one
	}
	g.tensor("output.weight", out, width, len(words))
	return g.write(w)
}

// vocabulary is unknown, begin, end, all bytes, then words with and without
// the space before them (which SentencePiece writes as U+2581), then letters.
func vocabulary() (tokens []string, scores []float32, kinds []int32) {
	seen := map[string]bool{}
	add := func(token string, kind int32, score float32) {
		if !seen[token] {
			seen[token] = true
			tokens, scores, kinds = append(tokens, token), append(scores, score), append(kinds, kind)
		}
	}
	add("<unk>", tokenUnknown, 0)
	add("<s>", tokenControl, 0)
	add("</s>", tokenControl, 0)
	for b := range 256 {
		add(fmt.Sprintf("<0x%02X>", b), tokenByte, 0)
	}
	score := float32(-1)
	for word := range strings.FieldsSeq(someWords) {
		for _, t := range []string{"\u2581" + word, word} {
			add(t, tokenNormal, score)
			score--
		}
	}
	for _, letter := range "\u2581abcdefghijklmnopqrstuvwxyzæøåäöüßABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,:;?!-_()[]{}\"'%€" {
		add(string(letter), tokenNormal, score)
		score--
	}
	return tokens, scores, kinds
}

// gguf collects a file.
type gguf struct {
	pairs   bytes.Buffer
	npairs  uint64
	infos   bytes.Buffer
	tensors [][]float32
	offset  uint64
}

func put(b *bytes.Buffer, v any) { _ = binary.Write(b, binary.LittleEndian, v) } // a buffer takes everything

func putText(b *bytes.Buffer, s string) {
	put(b, uint64(len(s)))
	b.WriteString(s)
}

func (g *gguf) pair(key string, kind uint32) {
	g.npairs++
	putText(&g.pairs, key)
	put(&g.pairs, kind)
}

func (g *gguf) text(key, value string) { g.pair(key, typeString); putText(&g.pairs, value) }

func (g *gguf) u32(key string, value uint32) { g.pair(key, typeU32); put(&g.pairs, value) }

func (g *gguf) f32(key string, value float32) { g.pair(key, typeF32); put(&g.pairs, value) }

func (g *gguf) boolean(key string, value bool) { g.pair(key, typeBool); put(&g.pairs, value) }

func (g *gguf) array(key string, kind uint32, n int, element func(*bytes.Buffer, int)) {
	g.pair(key, typeArray)
	put(&g.pairs, kind)
	put(&g.pairs, uint64(n))
	for i := range n {
		element(&g.pairs, i)
	}
}

// tensor adds numbers whose first dimension is that of neighbours.
func (g *gguf) tensor(name string, data []float32, dims ...int) {
	putText(&g.infos, name)
	put(&g.infos, uint32(len(dims)))
	for _, d := range dims {
		put(&g.infos, uint64(d))
	}
	put(&g.infos, uint32(0)) // float32
	put(&g.infos, g.offset)
	g.tensors = append(g.tensors, data)
	g.offset += uint64((4*len(data) + alignment - 1) / alignment * alignment)
}

func (g *gguf) write(w io.Writer) error {
	var head bytes.Buffer
	head.WriteString("GGUF")
	put(&head, uint32(3))
	put(&head, uint64(len(g.tensors)))
	put(&head, g.npairs)
	head.Write(g.pairs.Bytes())
	head.Write(g.infos.Bytes())
	pad(&head)
	if _, err := head.WriteTo(w); err != nil {
		return err
	}
	for _, t := range g.tensors {
		var b bytes.Buffer
		put(&b, t)
		pad(&b)
		if _, err := b.WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

func pad(b *bytes.Buffer) {
	for b.Len()%alignment != 0 {
		b.WriteByte(0)
	}
}
