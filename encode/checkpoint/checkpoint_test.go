package checkpoint

import (
	"bytes"
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"clipsearch/encode/pixel"
	"github.com/google/go-cmp/cmp"
)

func TestOpenShared(t *testing.T) {
	for _, test := range []struct {
		dir    string
		config Config
	}{
		{"golden/tiny-clip", Config{
			Vision: VisionConfig{TowerConfig{128, 3, 2, 512, QuickGELU, 1e-5}, 224, 32},
			Text:   TextConfig{TowerConfig{64, 3, 1, 256, QuickGELU, 1e-5}, 1514, 77, 1513},
			Dims:   64, LogitScale: 2.65926,
		}},
		{"models/clip-dev-small", Config{
			Vision: VisionConfig{TowerConfig{192, 6, 3, 768, GELU, 1e-5}, 96, 16},
			Text:   TextConfig{TowerConfig{192, 3, 3, 768, GELU, 1e-5}, 8514, 77, 8513},
			Dims:   192, LogitScale: 3.2109375,
		}},
	} {
		t.Run(test.dir, func(t *testing.T) {
			c := opened(t, shared(t, test.dir))
			if diff := cmp.Diff(test.config, c.Config); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(pixel.CLIP(test.config.Vision.ImageSize), c.Pixels); diff != "" {
				t.Errorf("pixels (-want +got):\n%s", diff)
			}
			if err := c.Verify(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestFormsAreOneModel: the same weights from safetensors and from a pickle have
// the same ID, and are the same byte for byte.
func TestFormsAreOneModel(t *testing.T) {
	golden := shared(t, "golden/tiny-clip")
	pickled := copyFiles(t, golden, configFile, vocabFile, mergesFile, preprocessorFile, "pytorch_model.bin")
	a, b := opened(t, golden), opened(t, pickled)
	if filepath.Base(a.Files[0]) != "model.safetensors" || filepath.Base(b.Files[0]) != "pytorch_model.bin" {
		t.Fatalf("weights from %v and %v", a.Files, b.Files)
	}
	if a.ID != b.ID || a.WeightsSHA256 != b.WeightsSHA256 {
		t.Errorf("IDs %s and %s", a.ID, b.ID)
	}
	sameWeights(t, weightsIn(t, golden), weightsIn(t, pickled))
}

func TestIdentity(t *testing.T) {
	dir := created(t, 1, F32)
	base := opened(t, dir).ID
	id := func(t *testing.T, edit func(t *testing.T, dir string)) string {
		copied := copyFiles(t, dir, configFile, vocabFile, mergesFile, preprocessorFile, "model.safetensors")
		edit(t, copied)
		return opened(t, copied).ID
	}
	config := func(tower, field string, value any) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			editJSON(t, filepath.Join(dir, configFile), func(o map[string]any) {
				o[tower].(map[string]any)[field] = value
			})
		}
	}
	processor := func(field string, value any) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			editJSON(t, filepath.Join(dir, preprocessorFile), func(o map[string]any) { o[field] = value })
		}
	}
	for _, test := range []struct {
		name string
		same bool
		edit func(*testing.T, string)
	}{
		{"nothing", true, func(*testing.T, string) {}},
		{"order of the tensors", true, func(t *testing.T, dir string) {
			editWeights(t, dir, func(w []Tensor) []Tensor { slices.Reverse(w); return w })
		}},
		{"a buffer", true, func(t *testing.T, dir string) {
			editWeights(t, dir, func(w []Tensor) []Tensor {
				return append(w, Tensor{"text_model.embeddings.position_ids", F32, []int{1}, make([]byte, 4)})
			})
		}},
		{"a scalar in a vector", true, func(t *testing.T, dir string) {
			editWeights(t, dir, func(w []Tensor) []Tensor { find(t, w, logitScale).Shape = []int{1}; return w })
		}},
		{"old eos_token_id", true, config("text_config", "eos_token_id", 2)},
		{"no processor", true, func(t *testing.T, dir string) { remove(t, filepath.Join(dir, preprocessorFile)) }},
		{"one bit", false, func(t *testing.T, dir string) {
			editWeights(t, dir, func(w []Tensor) []Tensor { w[3].Data[5] ^= 1; return w })
		}},
		{"two tensors exchanged", false, func(t *testing.T, dir string) {
			editWeights(t, dir, func(w []Tensor) []Tensor {
				a, b := find(t, w, "text_model.encoder.layers.0.mlp.fc1.weight"), find(t, w, "text_model.encoder.layers.1.mlp.fc1.weight")
				a.Data, b.Data = b.Data, a.Data
				return w
			})
		}},
		{"activation", false, config("vision_config", "hidden_act", "gelu")},
		{"heads", false, config("text_config", "num_attention_heads", 4)},
		{"epsilon", false, config("text_config", "layer_norm_eps", 1e-6)},
		{"mean", false, processor("image_mean", []float32{0.5, 0.5, 0.5})},
		{"resize", false, processor("size", 36)},
		{"filter", false, processor("resample", 2)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := id(t, test.edit); (got == base) != test.same {
				t.Errorf("ID %s, the original's %s", got, base)
			}
		})
	}
	other := opened(t, created(t, 2, F32))
	half := opened(t, created(t, 1, F16))
	if other.ID == base || half.ID == base {
		t.Error("another seed or another precision has the same ID")
	}
}

// TestDefaults opens a directory with weights and nothing said about tokenizer
// and pictures, as clip-rsicd-v2 was published.
func TestDefaults(t *testing.T) {
	config := tiny(t)
	config.Text.Vocab = defaultVocab
	dir := filepath.Join(t.TempDir(), "model")
	if err := Create(context.Background(), dir, config, 1, F16); err != nil {
		t.Fatal(err)
	}
	whole := opened(t, dir)
	bare := opened(t, copyFiles(t, dir, configFile, "model.safetensors"))
	if whole.ID != bare.ID {
		t.Errorf("ID %s, with the files that were left out %s", bare.ID, whole.ID)
	}
	const text = "Two dogs, in the snow!"
	if diff := cmp.Diff(whole.Tokenizer.Encode(text, 77), bare.Tokenizer.Encode(text, 77)); diff != "" {
		t.Errorf("tokens (-whole +bare):\n%s", diff)
	}
	if bare.Config.Text.EOS != 49407 {
		t.Errorf("EOS %d, want 49407", bare.Config.Text.EOS)
	}
}

// TestTokenizerJSON opens a directory with tokenizer.json in place of the two
// older files.
func TestTokenizerJSON(t *testing.T) {
	config := tiny(t)
	config.Text.Vocab = defaultVocab
	dir := filepath.Join(t.TempDir(), "model")
	if err := Create(context.Background(), dir, config, 1, F16); err != nil {
		t.Fatal(err)
	}
	with := copyFiles(t, dir, configFile, "model.safetensors")
	writeFile(t, filepath.Join(with, tokenizerFile), readFile(t, filepath.Join(shared(t, "data/vocab"), tokenizerFile)))
	const text = "Café 24, two dogs' life"
	if diff := cmp.Diff(opened(t, dir).Tokenizer.Encode(text, 77), opened(t, with).Tokenizer.Encode(text, 77)); diff != "" {
		t.Errorf("tokens (-vocab.json +tokenizer.json):\n%s", diff)
	}
}

func TestOpenRefuses(t *testing.T) {
	config := func(edit func(o, text, vision map[string]any)) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			editJSON(t, filepath.Join(dir, configFile), func(o map[string]any) {
				edit(o, o["text_config"].(map[string]any), o["vision_config"].(map[string]any))
			})
		}
	}
	weights := func(edit func(t *testing.T, w []Tensor) []Tensor) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			editWeights(t, dir, func(w []Tensor) []Tensor { return edit(t, w) })
		}
	}
	file := func(name, content string) func(*testing.T, string) {
		return func(t *testing.T, dir string) { writeFile(t, filepath.Join(dir, name), []byte(content)) }
	}
	without := func(names ...string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, name := range names {
				remove(t, filepath.Join(dir, name))
			}
		}
	}
	const fc1 = "vision_model.encoder.layers.1.mlp.fc1.weight"
	sound := created(t, 1, F32)
	for _, test := range []struct {
		name  string
		edit  func(*testing.T, string)
		want  error
		parts []string
	}{
		{"no files", without(configFile, "model.safetensors", vocabFile, mergesFile, preprocessorFile), ErrNotCheckpoint, []string{"no config.json"}},
		{"no config", without(configFile), ErrNotCheckpoint, []string{"no config.json"}},
		{"no weights", without("model.safetensors"), ErrNotCheckpoint, []string{"config.json but no weights"}},
		{"no merges", without(mergesFile), ErrMisfit, []string{"no merges.txt"}},
		{"no vocabulary", without(vocabFile), ErrMisfit, []string{"no vocab.json"}},
		{"no tokenizer", without(vocabFile, mergesFile), ErrMisfit, []string{"no vocab.json", "49408", "770"}},
		{"config is not JSON", file(configFile, "{"), ErrCorrupt, []string{"config.json", "not JSON"}},
		{"config is empty", file(configFile, ""), ErrCorrupt, []string{"config.json", "empty"}},
		{"config is a list", file(configFile, "[]"), ErrCorrupt, []string{"config.json"}},
		{"a word for a number", config(func(_, text, _ map[string]any) { text["hidden_size"] = "512" }), ErrCorrupt,
			[]string{"text_config.hidden_size", "string", "whole number"}},
		{"another kind of model", config(func(o, _, _ map[string]any) { o["model_type"] = "siglip" }), ErrUnsupported, []string{`model_type "siglip"`}},
		{"another activation", config(func(_, _, vision map[string]any) { vision["hidden_act"] = "gelu_new" }), ErrUnsupported, []string{"image", `"gelu_new"`}},
		{"grey pictures", config(func(_, _, vision map[string]any) { vision["num_channels"] = 1 }), ErrUnsupported, []string{"num_channels 1"}},
		{"endless layers", config(func(_, text, _ map[string]any) { text["num_hidden_layers"] = 1 << 40 }), ErrConfig, []string{"text layers"}},
		{"negative width", config(func(_, _, vision map[string]any) { vision["hidden_size"] = -32 }), ErrConfig, []string{"image width -32"}},
		{"patch larger than picture", config(func(_, _, vision map[string]any) { vision["patch_size"] = 33 }), ErrConfig, []string{"patch size 33"}},
		{"no heads", config(func(_, _, vision map[string]any) { vision["num_attention_heads"] = 0 }), ErrConfig, []string{"image heads 0"}},
		{"no epsilon", config(func(_, _, vision map[string]any) { vision["layer_norm_eps"] = 0 }), ErrConfig, []string{"epsilon"}},
		{"vocabulary too large", config(func(_, text, _ map[string]any) { text["vocab_size"] = 769 }), ErrMisfit, []string{"vocab.json", "token 769", "769 tokens"}},
		{"another end token", config(func(_, text, _ map[string]any) { text["eos_token_id"] = 700 }), ErrMisfit, []string{"config.json", "eos_token_id is 700", "769"}},
		{"a layer more", config(func(_, text, _ map[string]any) { text["num_hidden_layers"] = 3 }), ErrMisfit,
			[]string{"model.safetensors", "text_model.encoder.layers.2.layer_norm1.bias", "missing (and 15 more)"}},
		{"a layer less", config(func(_, text, _ map[string]any) { text["num_hidden_layers"] = 1 }), ErrMisfit,
			[]string{"model.safetensors", "text_model.encoder.layers.1.layer_norm1.bias", "no such weight (and 15 more)"}},
		{"missing weight", weights(func(t *testing.T, w []Tensor) []Tensor {
			return slices.DeleteFunc(w, func(x Tensor) bool { return x.Name == fc1 })
		}), ErrMisfit, []string{"model.safetensors", fc1, "missing"}},
		{"extra weight", weights(func(t *testing.T, w []Tensor) []Tensor {
			return append(w, Tensor{"visual.extra", F32, []int{1}, make([]byte, 4)})
		}), ErrMisfit, []string{"model.safetensors", "visual.extra", "no such weight"}},
		{"misshapen weight", weights(func(t *testing.T, w []Tensor) []Tensor {
			slices.Reverse(find(t, w, fc1).Shape)
			return w
		}), ErrMisfit, []string{"model.safetensors", fc1, "[32 64]", "[64 32]"}},
		{"scale without end", weights(func(t *testing.T, w []Tensor) []Tensor {
			s := find(t, w, logitScale)
			s.Data = fromFloat32s(nil, F32, []float32{float32(math.Inf(1))})
			return w
		}), ErrNotFinite, []string{"model.safetensors", logitScale}},
		{"weights are empty", file("model.safetensors", ""), ErrCorrupt, []string{"model.safetensors", "empty"}},
		{"vocabulary is not JSON", file(vocabFile, "[1,2]"), ErrCorrupt, []string{vocabFile}},
		{"processor for another size", file(preprocessorFile, `{"crop_size": 224, "size": 224}`), ErrMisfit, []string{preprocessorFile, "224 px", "32 px"}},
		{"processor without normalisation constants", file(preprocessorFile, `{"image_mean": [0.5]}`), ErrUnsupported, []string{preprocessorFile, "image_mean"}},
		{"processor with another filter", file(preprocessorFile, `{"resample": 1}`), pixel.ErrSpec, []string{preprocessorFile, "Lanczos"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := copyFiles(t, sound, configFile, vocabFile, mergesFile, preprocessorFile, "model.safetensors")
			test.edit(t, dir)
			c, err := Open(dir)
			if err == nil {
				c.Close()
			}
			checkFault(t, err, test.want, append(test.parts, dir)...)
		})
	}
}

func TestOpenNoDirectory(t *testing.T) {
	dir := t.TempDir()
	_, err := Open(filepath.Join(dir, "none"))
	checkFault(t, err, os.ErrNotExist, "none")
	path := filepath.Join(dir, "file")
	writeFile(t, path, nil)
	_, err = Open(path)
	checkFault(t, err, ErrNotCheckpoint, path)
	broken := copyFiles(t, created(t, 1, F32), configFile, vocabFile, mergesFile)
	if err := os.Symlink("gone", filepath.Join(broken, "model.safetensors")); err != nil {
		t.Skip(err)
	}
	_, err = Open(broken)
	checkFault(t, err, os.ErrNotExist, "model.safetensors")
}

// TestTruncated cuts the weights short at every byte of the header and at some
// of the data.
func TestTruncated(t *testing.T) {
	dir := copyFiles(t, created(t, 1, BF16), configFile, vocabFile, mergesFile, "model.safetensors")
	path := filepath.Join(dir, "model.safetensors")
	whole := readFile(t, path)
	for n := 0; n < len(whole); n += 1 + n/7 {
		writeFile(t, path, whole[:n])
		_, err := Open(dir)
		checkFault(t, err, ErrCorrupt, path)
	}
	writeFile(t, path, append(bytes.Clone(whole), 0))
	_, err := Open(dir)
	checkFault(t, err, ErrCorrupt, path, "1 bytes at the end")
}

func TestClose(t *testing.T) {
	c, err := Open(created(t, 1, F32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tensor("none"); !errors.Is(err, ErrNoTensor) {
		t.Errorf("error %v, want ErrNoTensor", err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := c.Tensor(logitScale); !errors.Is(err, ErrClosed) {
		t.Errorf("error %v, want ErrClosed", err)
	}
	if names := c.Names(); names != nil {
		t.Errorf("names %v after Close", names)
	}
	if err := c.Verify(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("Verify: error %v, want ErrClosed", err)
	}
}

func TestVerify(t *testing.T) {
	for _, dtype := range []DType{F32, F16, BF16} {
		for _, value := range []float64{math.NaN(), math.Inf(-1)} {
			dir := created(t, 1, dtype)
			const name = "vision_model.post_layernorm.bias"
			editWeights(t, dir, func(w []Tensor) []Tensor {
				x := find(t, w, name)
				copy(x.Data[7*dtype.Size():], fromFloat32s(nil, dtype, []float32{float32(value)}))
				return w
			})
			checkFault(t, opened(t, dir).Verify(context.Background()), ErrNotFinite, name, "element 7 of 32")
		}
	}
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	if err := opened(t, created(t, 1, F32)).Verify(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}
