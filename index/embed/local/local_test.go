package local_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/embed/local"
)

// The test's binary serves models itself, and pretends to be processes that
// fail.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 {
		switch os.Args[1] {
		case "serve":
			if err := local.Serve(os.Args[2], os.Stdin, os.Stdout); err != nil {
				os.Exit(1)
			}
			os.Exit(0)
		case "die":
			pretend(func(text string) {
				if strings.Contains(text, "kill") {
					os.Exit(1)
				}
			})
		case "slow":
			pretend(func(text string) {
				if strings.Contains(text, "slow") {
					time.Sleep(300 * time.Millisecond)
				}
			})
		case "stillborn":
			os.Exit(1)
		case "garbage":
			fmt.Println("{}\nnot json\nnot json")
			_, _ = bufio.NewReader(os.Stdin).ReadString(0)
			os.Exit(0)
		case "environment":
			pretend(func(string) {
				if len(os.Environ()) > 0 {
					os.Exit(1)
				}
			})
		}
	}
	flag.Parse()
	os.Exit(m.Run())
}

// pretend answers with the length of what it is asked, after before.
func pretend(before func(text string)) {
	fmt.Println("{}")
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		before(in.Text())
		fmt.Printf("{\"vector\":[1,%d]}\n", len(in.Text())-len(`{"text":""}`))
	}
	os.Exit(0)
}

func client(tb testing.TB, folder, command string) *local.Client {
	tb.Helper()
	exe, err := os.Executable()
	require.NoError(tb, err)
	c, err := local.New(local.Options{Folder: folder, Command: []string{exe, command}})
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, c.Close()) })
	return c
}

// meanOf is what the lookup model must make of words.
func meanOf(dim int, ids ...int) []float32 {
	out := make([]float32, dim)
	for _, id := range ids {
		for j, x := range table(id, dim) {
			out[j] += x / float32(len(ids))
		}
	}
	return out
}

func TestAModelInAFolder(t *testing.T) {
	long := strings.TrimSpace(strings.Repeat("faktura ", 100))
	cutMean := meanOf(8, append(append([]int{2}, repeat(4, 62)...), 3)...)
	for _, tt := range []struct {
		name string
		more map[string]string
		text string
		want []float32
	}{
		{"words are looked up and averaged", nil, "faktura regning", meanOf(8, 2, 4, 5, 3)},
		{"words are taken apart", nil, "Bytte din passordn", meanOf(8, 2, 7, 8, 10, 6, 9, 3)},
		{"unknown words are unknown", nil, "xyz", meanOf(8, 2, 1, 3)},
		{"the tokenizer's own limit does not hold, the model's does", nil, "din din din din din din", meanOf(8, 2, 10, 10, 10, 10, 10, 10, 3)},
		{"a long text is cut and closed", nil, long, cutMean},
		{"a sentence model's limit", map[string]string{"sentence_bert_config.json": `{"max_seq_length":4}`}, "din faktura invoice", meanOf(8, 2, 10, 4, 3)},
		{"the first token stands for all", map[string]string{"1_Pooling/config.json": `{"pooling_mode_cls_token":true,"pooling_mode_mean_tokens":false}`}, "faktura", table(2, 8)},
		{"the mean, said openly", map[string]string{
			"1_Pooling/config.json": `{"word_embedding_dimension":8,"pooling_mode_cls_token":false,"pooling_mode_mean_tokens":true}`,
			"modules.json":          `[{"type":"sentence_transformers.models.Transformer"},{"type":"sentence_transformers.models.Pooling"},{"type":"sentence_transformers.models.Normalize"}]`,
		}, "faktura", meanOf(8, 2, 4, 3)},
		{"beside other graphs", map[string]string{"onnx/model_quantized.onnx": "x"}, "faktura", meanOf(8, 2, 4, 3)},
		{"in a folder below", map[string]string{"model.onnx": "", "onnx/model.onnx": string(lookup(8))}, "faktura", meanOf(8, 2, 4, 3)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, folderOf(t, lookup(8), words, tt.more), "serve")
			got, err := c.Make(t.Context(), []string{tt.text})
			require.NoError(t, err)
			require.InDeltaSlice(t, tt.want, got[0], 1e-5)
		})
	}
}

func repeat(id, n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = id
	}
	return out
}

func TestATransformerIsTheSameAloneAndAmongOthers(t *testing.T) {
	g, err := embed.New(client(t, folderOf(t, transformer(int64(len(words)), 16, 2, 2, 32), words, nil), "serve"), embed.Options{Name: "m"})
	require.NoError(t, err)
	texts := []string{"faktura", "bytte passord din regning invoice", "din invoice", strings.Repeat("passord ", 40)}
	together, err := g.Documents(t.Context(), texts)
	require.NoError(t, err)
	for i, text := range texts {
		alone, err := g.Query(t.Context(), text)
		require.NoError(t, err)
		require.InDeltaSlice(t, alone, together[i], 1e-5)
	}
	require.NotEqual(t, together[0], together[2])
	m, err := g.Model(t.Context())
	require.NoError(t, err)
	require.Equal(t, 16, m.Dim)
}

func TestFoldersThatDoNotDo(t *testing.T) {
	for _, tt := range []struct {
		name string
		more map[string]string
		says string
	}{
		{"no graph", map[string]string{"model.onnx": ""}, "no .onnx file"},
		{"two graphs", map[string]string{"model.onnx": "", "a.onnx": "x", "b.onnx": "x"}, "2 .onnx files"},
		{"no tokenizer", map[string]string{"tokenizer.json": ""}, "tokenizer.json"},
		{"another module", map[string]string{"modules.json": `[{"type":"sentence_transformers.models.Dense"}]`}, "Dense"},
		{"another pooling", map[string]string{"1_Pooling/config.json": `{"pooling_mode_max_tokens":true}`}, "max_tokens"},
		{"broken settings", map[string]string{"config.json": "{"}, "config.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := local.New(local.Options{Folder: folderOf(t, lookup(8), words, tt.more), Command: []string{"x"}})
			require.ErrorContains(t, err, "embedder.folder")
			require.ErrorContains(t, err, tt.says)
		})
	}
	_, err := local.New(local.Options{Folder: "/no/such/folder", Command: []string{"x"}})
	require.ErrorContains(t, err, "/no/such/folder")
	_, err = local.New(local.Options{Folder: t.TempDir()})
	require.ErrorContains(t, err, "command")
}

func TestModelsThatDoNotLoad(t *testing.T) {
	broken := lookup(8)
	for _, tt := range []struct {
		name string
		onnx []byte
		more map[string]string
	}{
		{"no protobuf", []byte("hello"), nil},
		{"half of one", broken[:len(broken)/2], nil},
		{"an operation nobody knows", func() []byte {
			g := newGraph()
			g.node("Teleport", "last_hidden_state", []string{"input_ids", "attention_mask"})
			g.value(12, "last_hidden_state", 1, "batch", "sequence", int64(8))
			return g.model()
		}(), nil},
		{"a tokenizer that is none", broken, map[string]string{"tokenizer.json": "{}"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := client(t, folderOf(t, tt.onnx, words, tt.more), "serve")
			for range 2 {
				_, err := c.Make(t.Context(), []string{"faktura"})
				require.ErrorIs(t, err, embed.ErrRefused)
			}
		})
	}
}

func TestATextThatEndsTheProcessCostsOnlyItself(t *testing.T) {
	c := client(t, folderOf(t, lookup(8), words, nil), "die")
	for range 3 {
		got, err := c.Make(t.Context(), []string{"abc", "de"})
		require.NoError(t, err)
		require.Equal(t, [][]float32{{1, 3}, {1, 2}}, got)
		_, err = c.Make(t.Context(), []string{"abc", "kill"})
		require.ErrorIs(t, err, embed.ErrText)
	}
}

func TestProcessesThatFail(t *testing.T) {
	folder := folderOf(t, lookup(8), words, nil)
	_, err := client(t, folder, "stillborn").Make(t.Context(), []string{"a"})
	require.ErrorIs(t, err, embed.ErrRefused)
	_, err = client(t, folder, "garbage").Make(t.Context(), []string{"a"})
	require.ErrorIs(t, err, embed.ErrText)
	c, err := local.New(local.Options{Folder: folder, Command: []string{"/no/such/program"}})
	require.NoError(t, err)
	_, err = c.Make(t.Context(), []string{"a"})
	require.ErrorIs(t, err, embed.ErrRefused)
	require.NoError(t, c.Close())
	_, err = c.Make(t.Context(), []string{"a"})
	require.ErrorIs(t, err, embed.ErrDown)
}

func TestOurEnvironmentIsNotPassedOn(t *testing.T) {
	t.Setenv("SUFFLOR_SECRET", "x")
	_, err := client(t, folderOf(t, lookup(8), words, nil), "environment").Make(t.Context(), []string{"a"})
	require.NoError(t, err)
}

func TestWhoLeavesDoesNotMixUpAnswers(t *testing.T) {
	c := client(t, folderOf(t, lookup(8), words, nil), "slow")
	_, err := c.Make(t.Context(), []string{"a"})
	require.NoError(t, err)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if i%2 == 0 {
				ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
				defer cancel()
				_, err := c.Make(ctx, []string{"slow"})
				require.ErrorIs(t, err, context.DeadlineExceeded)
				return
			}
			got, err := c.Make(t.Context(), []string{strings.Repeat("x", i)})
			require.NoError(t, err)
			require.Equal(t, float32(i), got[0][1])
		})
	}
	wg.Wait()
}

func TestNamesTellModelsApart(t *testing.T) {
	name := func(onnx []byte, more map[string]string) string {
		return client(t, folderOf(t, onnx, words, more), "serve").Name()
	}
	a := name(lookup(8), nil)
	require.True(t, strings.HasPrefix(a, "tiny-model@"))
	require.Equal(t, a, name(lookup(8), nil))
	require.NotEqual(t, a, name(lookup(9), nil))
	require.NotEqual(t, a, name(lookup(8), map[string]string{"1_Pooling/config.json": `{"pooling_mode_cls_token":true}`}))
}

var measure = flag.Bool("minilm", false, "time a model of the size of MiniLM")

// TestMeasure prints what docs/measurements/vectors.md shows.
func TestMeasure(t *testing.T) {
	if !*measure {
		t.Skip("-minilm is not given")
	}
	vocabulary := append([]string{}, words...)
	for i := len(vocabulary); i < 30_000; i++ {
		vocabulary = append(vocabulary, fmt.Sprintf("w%d", i))
	}
	folder := folderOf(t, transformer(30_000, 384, 6, 12, 1536), vocabulary, map[string]string{"config.json": `{"max_position_embeddings":512}`})
	c := client(t, folder, "serve")
	began := time.Now()
	_, err := c.Make(t.Context(), []string{"w100"})
	require.NoError(t, err)
	t.Logf("first vector after %v", time.Since(began).Round(time.Millisecond))
	for _, n := range []int{10, 28, 120, 250} {
		text := strings.Repeat("w100 ", n)
		for range 2 { // the first compiles
			began = time.Now()
			_, err := c.Make(t.Context(), []string{text})
			require.NoError(t, err)
		}
		t.Logf("%d words: %v", n, time.Since(began).Round(time.Millisecond))
	}
}
