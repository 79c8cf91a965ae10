package checkpoint

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHFConfig(t *testing.T) {
	a, err := ArchitectureNamed("vit-b-32")
	if err != nil {
		t.Fatal(err)
	}
	base := a.Config
	base.LogitScale = 2.6592
	base.Text.EOS = unknownEOS
	large, err := ArchitectureNamed("vit-l-14")
	if err != nil {
		t.Fatal(err)
	}
	with := func(edit func(*Config)) Config { c := base; edit(&c); return c }
	for _, test := range []struct {
		name, json string
		want       Config
	}{
		{"all left out", `{}`, base},
		{"all null", `{"model_type": null, "projection_dim": null, "text_config": null, "vision_config": null, "text_config_dict": null}`, base},
		{"towers of nulls", `{"text_config": {"hidden_size": null, "eos_token_id": null}, "vision_config": {"patch_size": null}}`, base},
		{"what nothing here needs", `{"text_config": {"attention_dropout": 0.1, "id2label": {"0": "a"}}, "transformers_version": null}`, base},
		{"old end token", `{"text_config": {"eos_token_id": 2}}`, with(func(c *Config) { c.Text.EOS = 2 })},
		{"end token", `{"text_config": {"eos_token_id": 49407}}`, with(func(c *Config) { c.Text.EOS = 49407 })},
		{"patch 16, gelu", `{"vision_config": {"patch_size": 16, "hidden_act": "gelu"}}`, with(func(c *Config) { c.Vision.Patch, c.Vision.Activation = 16, GELU })},
		// openai/clip-vit-large-patch14 has both forms; the older one wins, and
		// what it leaves out is a default, not the newer one's.
		{"legacy forms", `{"projection_dim": 768,
			"text_config": {"hidden_size": 1, "hidden_act": "relu"}, "text_config_dict": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
			"vision_config_dict": {"hidden_size": 1024, "intermediate_size": 4096, "num_attention_heads": 16, "num_hidden_layers": 24, "patch_size": 14}}`,
			func() Config { c := large.Config; c.Text.EOS = unknownEOS; return c }()},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseHFConfig("config.json", []byte(test.json))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzHFConfig(f *testing.F) {
	for _, seed := range []string{`{}`, `{"text_config": {"hidden_size": 64, "num_attention_heads": 3}}`,
		`{"projection_dim": 1e9, "vision_config": {"image_size": 96, "patch_size": 0}}`, `{"text_config_dict": {"layer_norm_eps": -1}}`,
		`{"model_type": "bert"}`, `[]`, `{"text_config": []}`, `{"vision_config": {"hidden_act": 1}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := parseHFConfig("x", data)
		if err != nil {
			checkFuzzed(t, err)
			return
		}
		checkConfig(t, c)
	})
}

func FuzzOpenCLIPConfig(f *testing.F) {
	f.Add([]byte(`{"model_cfg": ` + openCLIPModel + `, "preprocess_cfg": {"size": [32, 32], "mean": [0.5, 0.5, 0.5]}}`))
	f.Add([]byte(`{"model_cfg": {"embed_dim": 1, "vision_cfg": {"layers": [1, 2], "head_width": -1}, "text_cfg": {"mlp_ratio": 1e308}}}`))
	f.Add([]byte(`{"model_cfg": null, "preprocess_cfg": {"size": 1e300}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, err := parseOpenCLIPConfig("x", data); err == nil {
			checkConfig(t, c)
		} else {
			checkFuzzed(t, err)
		}
		if spec, err := parseOpenCLIPPixels("x", data, 32); err == nil && (spec.Validate() != nil || spec.Crop != 32) {
			t.Errorf("pixels %v", spec)
		}
	})
}

// checkConfig fails the test if a configuration was let through that nothing
// could be done with.
func checkConfig(t *testing.T, c Config) {
	if err := c.check(); err != nil {
		t.Errorf("%v: %v", c, err)
	}
	if n := c.Params(); n < 1 {
		t.Errorf("%v has %d weights", c, n)
	}
	if err := errors.Join(checkSlots(huggingFaceSlots(c)), checkSlots(openCLIPSlots(c, nil))); err != nil {
		t.Errorf("%v: %v", c, err)
	}
}

// checkSlots says which slot has the name of another.
func checkSlots(slots []slot) error {
	seen := map[string]bool{}
	for _, s := range slots {
		if seen[s.name] {
			return errors.New(s.name + " has two slots")
		}
		seen[s.name] = true
	}
	return nil
}
