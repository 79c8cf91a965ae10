package token_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/assets"
	"clipsearch/encode/token"

	"github.com/google/go-cmp/cmp"
)

// clip returns CLIP's own tokenizer.
func clip(tb testing.TB) *token.Tokenizer {
	tb.Helper()
	vocab, merges, err := assets.Vocabulary()
	if err != nil {
		tb.Fatal(err)
	}
	t, err := token.Parse(vocab, merges)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

func TestCLIPsVocabulary(t *testing.T) {
	tok := clip(t)
	if tok.Size() != 49408 || tok.Start() != 49406 || tok.End() != 49407 {
		t.Errorf("size %d, start %d, end %d; want 49408, 49406, 49407", tok.Size(), tok.Start(), tok.End())
	}
}

// TestReferenceIDs compares with ids of Hugging Face's tokenizers 0.23.3.
func TestReferenceIDs(t *testing.T) {
	var cases []struct {
		Text string  `json:"text"`
		IDs  []int32 `json:"ids"`
	}
	readJSON(t, "testdata/reference.json", &cases)
	tok := clip(t)
	for _, c := range cases {
		if diff := cmp.Diff(c.IDs, tok.Encode(c.Text, 0)); diff != "" {
			t.Errorf("%+q (-want +got):\n%s", c.Text, diff)
		}
	}
}

func TestGoldenIDs(t *testing.T) {
	shared := filepath.Join("..", "..", "..", "shared")
	if _, err := os.Stat(shared); err != nil {
		t.Skip("../shared is not there; put the shared folder beside the repository, then: go test ./encode/token")
	}
	var golden struct {
		Texts []struct {
			Text string  `json:"text"`
			Tiny []int32 `json:"ids_tiny"`
			Full []int32 `json:"ids_full"`
		} `json:"texts"`
	}
	readJSON(t, filepath.Join(shared, "golden", "golden.json"), &golden)
	if len(golden.Texts) == 0 {
		t.Fatal("no texts in golden.json")
	}
	vocab := filepath.Join(shared, "data", "vocab")
	fromJSON, err := token.ParseJSON(read(t, filepath.Join(vocab, "tokenizer.json")))
	if err != nil {
		t.Fatal(err)
	}
	tiny := filepath.Join(shared, "golden", "tiny-clip")
	truncated := parseDir(t, tiny)
	for _, g := range golden.Texts {
		for name, c := range map[string]struct {
			tok  *token.Tokenizer
			want []int32
		}{
			"tiny": {truncated, g.Tiny}, "vocab.json": {parseDir(t, vocab), g.Full},
			"tokenizer.json": {fromJSON, g.Full}, "embedded": {clip(t), g.Full},
		} {
			if diff := cmp.Diff(c.want, c.tok.Encode(g.Text, 77)); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", name, g.Text, diff)
			}
		}
	}
}

func TestContext(t *testing.T) {
	tok := clip(t)
	for context, want := range map[int][]int32{
		2: {49406, 49407},
		3: {49406, 320, 49407},
		5: {49406, 320, 1125, 539, 49407},
		7: {49406, 320, 1125, 539, 320, 2368, 49407},
		8: {49406, 320, 1125, 539, 320, 2368, 49407},
		0: {49406, 320, 1125, 539, 320, 2368, 49407},
		1: {49406, 320, 1125, 539, 320, 2368, 49407},
	} {
		if diff := cmp.Diff(want, tok.Encode("a photo of a cat", context)); diff != "" {
			t.Errorf("context %d (-want +got):\n%s", context, diff)
		}
	}
	if diff := cmp.Diff([]int32{49406, 49407}, tok.Encode("", 77)); diff != "" {
		t.Errorf("empty text (-want +got):\n%s", diff)
	}
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{"a photo of a cat", "İ Σ ǅ", "<|endoftext|><|STARTOFTEXT|>", "'s're'l", "\xff\xc3", "e\u0301\u0323", "日本語 🐱 x²"} {
		f.Add(s, 77)
	}
	tok := clip(f)
	f.Fuzz(func(t *testing.T, text string, context int) {
		ids := tok.Encode(text, context)
		if len(ids) < 2 || ids[0] != tok.Start() || ids[len(ids)-1] != tok.End() {
			t.Fatalf("ids %v do not stand between start and end", ids)
		}
		if context >= 2 && len(ids) > context {
			t.Fatalf("%d ids, context %d", len(ids), context)
		}
		for _, id := range ids {
			if id < 0 || int(id) >= tok.Size() {
				t.Fatalf("id %d out of range", id)
			}
		}
		whole := tok.Encode(text, 0)
		if diff := cmp.Diff(whole[:len(ids)-1], ids[:len(ids)-1]); diff != "" {
			t.Fatalf("cut text differs from the beginning of the whole (-whole +cut):\n%s", diff)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	tok := clip(b)
	for b.Loop() {
		tok.Encode("Two young guys with shaggy hair look at their hands while hanging out in the yard.", 77)
	}
}

func BenchmarkParse(b *testing.B) {
	vocab, merges, err := assets.Vocabulary()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := token.Parse(vocab, merges); err != nil {
			b.Fatal(err)
		}
	}
}

func parseDir(tb testing.TB, dir string) *token.Tokenizer {
	tb.Helper()
	tok, err := token.Parse(read(tb, filepath.Join(dir, "vocab.json")), read(tb, filepath.Join(dir, "merges.txt")))
	if err != nil {
		tb.Fatal(err)
	}
	return tok
}

func read(tb testing.TB, path string) []byte {
	tb.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func readJSON(tb testing.TB, path string, v any) {
	tb.Helper()
	if err := json.Unmarshal(read(tb, path), v); err != nil {
		tb.Fatalf("%s: %v", path, err)
	}
}
