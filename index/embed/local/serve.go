package local

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"

	_ "github.com/gomlx/gomlx/backends/simplego" // what hugot runs graphs with
	"github.com/knights-analytics/hugot/backends"
	"github.com/knights-analytics/hugot/options"
	"github.com/sugarme/tokenizer"
	"github.com/sugarme/tokenizer/pretrained"

	"github.com/sufflor/sufflor/index/embed"
)

// Serve loads the model in a folder and answers requests until in ends. It is
// for a process of its own, which [Client] starts.
func Serve(path string, in io.Reader, out io.Writer) error {
	enc := json.NewEncoder(out)
	m, err := load(path)
	if err != nil {
		return errors.Join(err, enc.Encode(answer{Error: err.Error()}))
	}
	if err := enc.Encode(answer{}); err != nil {
		return fmt.Errorf("say that the model is loaded: %w", err)
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		var q request
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			return fmt.Errorf("read a request: %w", err)
		}
		var a answer
		if a.Vector, err = m.vector(q.Text); err != nil {
			a = answer{Error: err.Error()}
		}
		if err := enc.Encode(a); err != nil {
			return fmt.Errorf("answer: %w", err)
		}
	}
	return lines.Err()
}

// model is a loaded one. It goes below hugot's pipelines: these look for the
// graph in wrong places, end the process when a text has no tokens, and know
// one way of pooling.
type model struct {
	folder folder
	run    *backends.BasePipeline
	tokens *tokenizer.Tokenizer
	output int // which of the graph's
}

// guard turns panics, which the libraries have instead of errors, into errors.
func guard(what string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s failed", what) // what is thrown may quote the text
		}
	}()
	return f()
}

func load(path string) (*model, error) {
	f, err := inspect(path)
	if err != nil {
		return nil, err
	}
	m := &model{folder: f}
	err = guard("loading", func() error {
		graph, err := readBounded(f.onnx, maxWeights)
		if err != nil {
			return err
		}
		o := options.Defaults()
		o.Backend = "GO"
		// Graphs are compiled for each shape and kept, so shapes are few.
		o.GoMLXOptions.BatchBuckets, o.GoMLXOptions.SequenceBuckets = []int{1}, []int{16, 32, 64, 128, 256, 512}
		loaded := &backends.Model{Path: filepath.Dir(f.onnx), OnnxBytes: graph}
		if err := backends.CreateModelBackend(loaded, o); err != nil {
			return err
		}
		// Among several outputs a vector of the whole text comes first.
		for i, out := range loaded.OutputsMeta {
			if out.Name == "sentence_embedding" {
				m.output = i
			}
		}
		m.run = &backends.BasePipeline{Model: loaded, Runtime: "GO"}
		settings, err := readBounded(filepath.Join(f.path, "tokenizer.json"), maxTokenizer)
		if err != nil {
			return err
		}
		if m.tokens, err = pretrained.FromReader(bytes.NewReader(settings)); err != nil {
			return fmt.Errorf("tokenizer.json: %w", err)
		}
		m.tokens.WithPadding(nil)
		m.tokens.WithTruncation(nil)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("model in %s: %w", path, err)
	}
	if _, err := m.vector("dimension"); err != nil {
		return nil, fmt.Errorf("model in %s does not run: %w", path, err)
	}
	return m, nil
}

// vector is a text's. Texts of more tokens than the model takes are cut; the
// last token, which closes a text, stays.
func (m *model) vector(text string) (out []float32, err error) {
	err = guard("the model", func() error {
		encoded, err := m.tokens.EncodeSingle(text, true)
		if err != nil {
			return errors.New("the tokenizer cannot take it")
		}
		ids := cut(encoded.Ids, m.folder.tokens)
		if len(ids) == 0 {
			return errors.New("the tokenizer finds nothing in it")
		}
		batch := backends.NewBatch(1)
		defer func() { err = errors.Join(err, batch.Destroy()) }()
		in := backends.TokenizedInput{MaxAttentionIndex: len(ids) - 1}
		for _, id := range ids {
			in.TokenIDs = append(in.TokenIDs, uint32(id)) //nolint:gosec // a place in a vocabulary
			in.TypeIDs = append(in.TypeIDs, 0)
			in.AttentionMask = append(in.AttentionMask, 1)
		}
		batch.Input, batch.MaxSequenceLength = []backends.TokenizedInput{in}, len(ids)
		if err := backends.CreateInputTensors(batch, m.run.Model, m.run.Runtime); err != nil {
			return err
		}
		if err := backends.RunSessionOnBatch(batch, m.run); err != nil {
			return err
		}
		out, err = m.pool(batch.OutputValues[m.output])
		for _, x := range out {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) { // JSON has neither
				return errors.New("the model gives numbers that are none")
			}
		}
		return err
	})
	return out, err
}

func cut(ids []int, limit int) []int {
	if len(ids) <= limit {
		return ids
	}
	return append(ids[:limit-1:limit-1], ids[len(ids)-1])
}

// pool makes one vector of those of the tokens.
func (m *model) pool(output any) ([]float32, error) {
	switch v := output.(type) {
	case [][]float32: // the graph has done it
		if len(v) == 1 {
			return v[0], nil
		}
	case [][][]float32:
		if len(v) != 1 || len(v[0]) == 0 {
			break
		}
		if m.folder.pooling == first {
			return v[0][0], nil
		}
		out := make([]float32, len(v[0][0]))
		for _, token := range v[0] {
			for i, x := range token {
				out[i] += x / float32(len(v[0]))
			}
		}
		return out, nil
	}
	return nil, errors.New("its output has a shape that is not supported")
}

var _ embed.Maker = (*Client)(nil)
