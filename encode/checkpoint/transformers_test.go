package checkpoint

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The tests below hold what is written to what Hugging Face's transformers wants of a CLIP's directory, which
// bench/transformers_check.py asks transformers itself; testdata/transformers.json is its answer for the architecture tiny.

// transformersGolden is testdata/transformers.json.
type transformersGolden struct {
	Tensors map[string][]int   `json:"tensors"` // CLIPModel's state_dict: shapes by name
	IDs     map[string][]int32 `json:"ids"`     // CLIPTokenizerFast's, by text
}

func readTransformersGolden(t *testing.T) transformersGolden {
	t.Helper()
	var want transformersGolden
	if err := json.Unmarshal(readFile(t, filepath.Join("testdata", "transformers.json")), &want); err != nil {
		t.Fatal(err)
	}
	if len(want.Tensors) == 0 || len(want.IDs) == 0 {
		t.Fatal("the golden is empty")
	}
	return want
}

// readJSON reads a file as encoding/json does by itself.
func readJSON(t *testing.T, path string) map[string]any {
	t.Helper()
	var got map[string]any
	if err := json.Unmarshal(readFile(t, path), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// TestTransformersFiles: the directory has the files that CLIPModel, CLIPProcessor and CLIPTokenizer look for, with what
// they need of each.
func TestTransformersFiles(t *testing.T) {
	for _, dtype := range []struct {
		DType
		name string
	}{{F32, "float32"}, {F16, "float16"}, {BF16, "bfloat16"}} {
		t.Run(dtype.name, func(t *testing.T) {
			dir := written(t, opened(t, created(t, 1, F32)), WriteOptions{DType: dtype.DType})
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, entry := range entries {
				names = append(names, entry.Name())
			}
			if diff := cmp.Diff([]string{"config.json", "merges.txt", "model.safetensors", "preprocessor_config.json",
				"special_tokens_map.json", "tokenizer_config.json", "vocab.json"}, names); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
			for name, want := range map[string]string{
				"config.json":              `{"architectures": ["CLIPModel"], "model_type": "clip", "projection_dim": 16, "torch_dtype": "` + dtype.name + `"}`,
				"preprocessor_config.json": tinyProcessor,
				"special_tokens_map.json":  tinySpecial,
				"tokenizer_config.json":    tinyTokenizer,
			} {
				checkMembers(t, name, want, readJSON(t, filepath.Join(dir, name)))
			}
			config := readJSON(t, filepath.Join(dir, "config.json"))
			if _, ok := config["quantization_config"]; ok {
				t.Error("config.json says that the weights are quantised")
			}
			for tower, want := range map[string]string{"text_config": tinyText, "vision_config": tinyVision} {
				checkMembers(t, tower, want, config[tower].(map[string]any))
			}
		})
	}
}

// What transformers' own files say of the architecture tiny.
const (
	tinyText = `{"model_type": "clip_text_model", "hidden_size": 24, "intermediate_size": 48, "num_attention_heads": 2,
		"num_hidden_layers": 2, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "projection_dim": 16, "vocab_size": 770,
		"max_position_embeddings": 77, "bos_token_id": 768, "eos_token_id": 769, "pad_token_id": 769}`
	tinyVision = `{"model_type": "clip_vision_model", "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 2,
		"num_hidden_layers": 2, "hidden_act": "quick_gelu", "layer_norm_eps": 1e-5, "projection_dim": 16, "image_size": 32,
		"patch_size": 8, "num_channels": 3}`
	tinyProcessor = `{"image_processor_type": "CLIPImageProcessor", "do_convert_rgb": true, "do_resize": true, "size": {"shortest_edge": 32},
		"resample": 3, "do_center_crop": true, "crop_size": {"height": 32, "width": 32}, "do_rescale": true,
		"do_normalize": true, "image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}`
	tinySpecial   = `{"bos_token": "<|startoftext|>", "eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}`
	tinyTokenizer = `{"tokenizer_class": "CLIPTokenizer", "do_lower_case": true, "model_max_length": 77, "bos_token": "<|startoftext|>",
		"eos_token": "<|endoftext|>", "unk_token": "<|endoftext|>", "pad_token": "<|endoftext|>"}`
)

// checkMembers compares the members of an object that want, a JSON object, names.
func checkMembers(t *testing.T, name, want string, got map[string]any) {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(want), &members); err != nil {
		t.Fatal(err)
	}
	single := cmp.Comparer(func(a, b float64) bool { return float32(a) == float32(b) }) // as the means are computed with
	for member, value := range members {
		if diff := cmp.Diff(value, got[member], single); diff != "" {
			t.Errorf("%s: %s (-want +got):\n%s", name, member, diff)
		}
	}
}

// TestTransformersTensors: the weights have the names and shapes of CLIPModel's, none is missing and none is left over.
func TestTransformersTensors(t *testing.T) {
	dir := written(t, opened(t, created(t, 1, F32)), WriteOptions{DType: F16})
	got := make(map[string][]int)
	for _, tensor := range weightsIn(t, dir) {
		got[tensor.Name] = append([]int{}, tensor.Shape...)
	}
	if diff := cmp.Diff(readTransformersGolden(t).Tensors, got); diff != "" {
		t.Errorf("tensors (-want +got):\n%s", diff)
	}
}

// TestTransformersRefusesInt8: quantization_config without quant_method is what transformers stops at, whose numbers would
// else be taken for the weights.
func TestTransformersRefusesInt8(t *testing.T) {
	dir := written(t, opened(t, created(t, 1, F32)), WriteOptions{DType: Int8})
	q, ok := readJSON(t, filepath.Join(dir, configFile))["quantization_config"].(map[string]any)
	if _, method := q["quant_method"]; !ok || method {
		t.Errorf("quantization_config is %v", q)
	}
}

// TestTransformersVocabulary: vocab.json numbers the tokens from 0 in the order of the file with the two special ones
// last, each merge makes a token that there is, and our tokenizer gives the ids that transformers' gives.
func TestTransformersVocabulary(t *testing.T) {
	c := opened(t, created(t, 1, F32))
	dir := written(t, c, WriteOptions{DType: F32})
	tokens := tokensInOrder(t, filepath.Join(dir, vocabFile))
	if n := len(tokens); n != 770 || !slices.Equal(tokens[n-2:], []string{"<|startoftext|>", "<|endoftext|>"}) {
		t.Fatalf("%d tokens, the last two %q", n, tokens[n-2:])
	}
	lines := strings.Split(strings.TrimSuffix(string(readFile(t, filepath.Join(dir, mergesFile))), "\n"), "\n")
	if len(lines) != 1+770-byteTokens-specialCount || !strings.HasPrefix(lines[0], "#version") {
		t.Errorf("%d lines in merges.txt, the first %q", len(lines), lines[0])
	}
	for i, line := range lines[1:] {
		if made := strings.ReplaceAll(line, " ", ""); tokens[byteTokens+i] != made {
			t.Errorf("merge %d makes %q, token %d is %q", i, made, byteTokens+i, tokens[byteTokens+i])
		}
	}
	want := readTransformersGolden(t).IDs
	for _, text := range slices.Sorted(maps.Keys(want)) {
		if diff := cmp.Diff(want[text], c.Tokenizer.Encode(text, 77)); diff != "" {
			t.Errorf("%.30q (-want +got):\n%s", text, diff)
		}
	}
}

// tokensInOrder reads vocab.json and checks that its members are numbered as they stand there.
func tokensInOrder(t *testing.T, path string) []string {
	t.Helper()
	var tokens []string
	err := eachMember(path, readFile(t, path), func(token string, raw json.RawMessage) error {
		var id int
		if err := json.Unmarshal(raw, &id); err != nil || id != len(tokens) {
			t.Errorf("token %q, number %d in the file, has id %s", token, len(tokens), raw)
		}
		tokens = append(tokens, token)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}
