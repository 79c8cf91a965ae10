package checkpoint

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWanted(t *testing.T) {
	const clip, bert = `{"model_type": "clip"}`, `{"model_type": "bert"}`
	for _, test := range []struct {
		name  string
		files map[string]string // the content of those that are read
		want  []string          // nil: there is no checkpoint
	}{
		{"as OpenAI's", map[string]string{
			"config.json": clip, "model.safetensors": "", "pytorch_model.bin": "", "tf_model.h5": "", "flax_model.msgpack": "", "README.md": "",
			"vocab.json": "", "merges.txt": "", "tokenizer.json": "", "preprocessor_config.json": "", "LICENSE": "",
		}, []string{"config.json", "model.safetensors", "LICENSE", "README.md", "merges.txt", "preprocessor_config.json", "tokenizer.json", "vocab.json"}},
		{"a pickle alone", map[string]string{"config.json": clip, "pytorch_model.bin": ""}, []string{"config.json", "pytorch_model.bin"}},
		{"shards", map[string]string{
			"config.json": clip, "model.safetensors.index.json": `{"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}`,
			"model-1.safetensors": "", "model-2.safetensors": "", "model-3.safetensors": "",
		}, []string{"config.json", "model.safetensors.index.json", "model-1.safetensors", "model-2.safetensors"}},
		{"as OpenCLIP's", map[string]string{"open_clip_config.json": "{}", "open_clip_model.safetensors": "", "open_clip_pytorch_model.bin": ""},
			[]string{"open_clip_config.json", "open_clip_model.safetensors"}},
		{"both layouts", map[string]string{"config.json": clip, "open_clip_config.json": "{}", "open_clip_pytorch_model.bin": "", "model.safetensors": ""},
			[]string{"config.json", "model.safetensors"}},
		{"another config.json beside OpenCLIP's", map[string]string{"config.json": bert, "model.safetensors": "", "open_clip_config.json": "{}", "open_clip_model.safetensors": ""},
			[]string{"open_clip_config.json", "open_clip_model.safetensors"}},
		{"not a CLIP", map[string]string{"config.json": bert, "model.safetensors": ""}, nil},
		{"no weights", map[string]string{"config.json": clip, "tf_model.h5": ""}, nil},
		{"nothing", nil, nil},
		{"shards elsewhere", map[string]string{"config.json": clip, "model.safetensors.index.json": `{"weight_map": {"a": "../a"}}`}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := Wanted(sortedKeys(test.files), func(name string) ([]byte, error) { return []byte(test.files[name]), nil })
			if diff := cmp.Diff(test.want, got); diff != "" && test.want != nil {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err == nil) != (test.want != nil) || err != nil && !errors.Is(err, ErrNotCheckpoint) && !errors.Is(err, ErrCorrupt) {
				t.Errorf("error %v", err)
			}
		})
	}
	broken := errors.New("network")
	if _, err := Wanted([]string{"config.json"}, func(string) ([]byte, error) { return nil, broken }); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}
