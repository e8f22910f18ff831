package local

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// maxTokens is what a text may have; models of sentences take no more, and
	// time grows faster than it.
	maxTokens = 512
	// maxWeights is what a protobuf may hold.
	maxWeights = 2 << 30
	// maxSettings bounds the small files, maxTokenizer the large one.
	maxSettings  = 1 << 20
	maxTokenizer = 64 << 20
)

// pooling is how the vectors of tokens become one.
type pooling string

const (
	mean  pooling = "mean"
	first pooling = "cls" // that of the first token
)

// folder is a model as it lies in a folder, in the form that
// sentence-transformers and Optimum write.
type folder struct {
	path    string
	onnx    string // path of the graph and its weights
	tokens  int    // of a text, more are cut off
	pooling pooling
	name    string
}

// inspect looks at a model without loading it.
func inspect(path string) (folder, error) {
	f := folder{path: path, tokens: maxTokens, pooling: mean}
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return f, errors.Join(fmt.Errorf("embedder.folder: %s is no folder", path), err)
	}
	if f.onnx, err = findWeights(path); err != nil {
		return f, err
	}
	if _, err := os.Stat(filepath.Join(path, "tokenizer.json")); err != nil {
		return f, fmt.Errorf("embedder.folder: %s has no tokenizer.json; export the model with its fast tokenizer", path)
	}
	for _, read := range []func() error{f.readModules, f.readPooling, f.readTokens} {
		if err := read(); err != nil {
			return f, fmt.Errorf("embedder.folder: %s: %w", path, err)
		}
	}
	f.name, err = identity(f)
	return f, err
}

// findWeights is the .onnx file: the one named model.onnx, else the only one.
func findWeights(path string) (string, error) {
	var all []string
	for _, pattern := range []string{"*.onnx", filepath.Join("onnx", "*.onnx")} {
		found, err := filepath.Glob(filepath.Join(strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path), pattern))
		if err != nil {
			return "", fmt.Errorf("embedder.folder: %w", err)
		}
		all = append(all, found...)
	}
	for _, p := range all {
		if filepath.Base(p) == "model.onnx" {
			return p, nil
		}
	}
	switch len(all) {
	case 1:
		return all[0], nil
	case 0:
		return "", fmt.Errorf("embedder.folder: %s has no .onnx file", path)
	}
	return "", fmt.Errorf("embedder.folder: %s has %d .onnx files and none is model.onnx; keep one", path, len(all))
}

// setting decodes a small file; one that is not there sets nothing.
func (f *folder) setting(name string, v any) error {
	b, err := readBounded(filepath.Join(f.path, name), maxSettings)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func readBounded(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	b, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("%s is larger than %d bytes", filepath.Base(path), limit)
	}
	return b, errors.Join(err, file.Close())
}

// readModules refuses what is done with vectors after pooling, except for
// bringing them to length one, which no direction depends on.
func (f *folder) readModules() error {
	var modules []struct{ Type string }
	if err := f.setting("modules.json", &modules); err != nil {
		return err
	}
	for _, m := range modules {
		switch kind := m.Type[strings.LastIndexByte(m.Type, '.')+1:]; kind {
		case "Transformer", "Pooling", "Normalize":
		default:
			return fmt.Errorf("modules.json: %s is not supported; use a model of Transformer, Pooling and Normalize", kind)
		}
	}
	return nil
}

func (f *folder) readPooling() error {
	var p map[string]any
	if err := f.setting(filepath.Join("1_Pooling", "config.json"), &p); err != nil {
		return err
	}
	var on []string
	for key, v := range p {
		if set, _ := v.(bool); set && strings.HasPrefix(key, "pooling_mode_") {
			on = append(on, strings.TrimPrefix(key, "pooling_mode_"))
		}
	}
	switch {
	case len(on) == 0 || len(on) == 1 && on[0] == "mean_tokens":
	case len(on) == 1 && on[0] == "cls_token":
		f.pooling = first
	default:
		return fmt.Errorf("1_Pooling: %s is not supported; mean_tokens or cls_token alone are", strings.Join(on, " and "))
	}
	return nil
}

// readTokens finds how many tokens the model takes.
func (f *folder) readTokens() error {
	var sentence struct {
		Max float64 `json:"max_seq_length"`
	}
	var tokenizer struct {
		Max float64 `json:"model_max_length"`
	}
	var config struct {
		Positions float64 `json:"max_position_embeddings"`
		Pad       float64 `json:"pad_token_id"`
		Type      string  `json:"model_type"`
	}
	for name, v := range map[string]any{"sentence_bert_config.json": &sentence, "tokenizer_config.json": &tokenizer, "config.json": &config} {
		if err := f.setting(name, v); err != nil {
			return err
		}
	}
	if strings.Contains(config.Type, "roberta") {
		config.Positions -= config.Pad + 1 // these count positions from behind the padding's
	}
	for _, n := range []float64{sentence.Max, tokenizer.Max, config.Positions} {
		if n >= 4 && n < float64(f.tokens) {
			f.tokens = int(n)
		}
	}
	return nil
}

// identity names a model so that another one in its place is noticed: by its
// folder's name and by samples of its files, since reading a gigabyte at every
// start takes seconds.
func identity(f folder) (string, error) {
	h := sha256.New()
	file, err := os.Open(f.onnx)
	if err != nil {
		return "", fmt.Errorf("embedder.folder: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	info, err := file.Stat()
	if err != nil {
		return "", fmt.Errorf("embedder.folder: %w", err)
	}
	size := info.Size()
	if size > maxWeights {
		return "", fmt.Errorf("embedder.folder: %s is larger than 2 GiB", f.onnx)
	}
	fmt.Fprintln(h, size, f.pooling, f.tokens)
	const pieces, piece = 64, 16 << 10
	for i := range int64(pieces) {
		if _, err := io.Copy(h, io.NewSectionReader(file, i*max(size-piece, 0)/(pieces-1), piece)); err != nil {
			return "", fmt.Errorf("embedder.folder: %w", err)
		}
	}
	tokenizer, err := readBounded(filepath.Join(f.path, "tokenizer.json"), maxTokenizer)
	if err != nil {
		return "", fmt.Errorf("embedder.folder: %w", err)
	}
	h.Write(tokenizer)
	return filepath.Base(f.path) + "@" + hex.EncodeToString(h.Sum(nil)[:6]), nil
}
