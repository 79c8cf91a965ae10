package checkpoint

import (
	"fmt"
	"strings"
)

// Architecture is a named shape of model.
type Architecture struct {
	Name   string // such as "vit-b-32"
	Config Config
}

// Architectures lists what Create can be asked for by name, the published ones
// first: those of OpenAI's CLIP (the paper, table 19 and 20), then small ones of
// this project's.
func Architectures() []Architecture {
	base := TowerConfig{768, 12, 12, 3072, QuickGELU, defaultEps}
	large := TowerConfig{1024, 24, 16, 4096, QuickGELU, defaultEps}
	text := TowerConfig{512, 12, 8, 2048, QuickGELU, defaultEps}
	wide := TowerConfig{768, 12, 12, 3072, QuickGELU, defaultEps}
	return []Architecture{
		{"vit-b-32", shape(512, base, 224, 32, text, defaultVocab)},
		{"vit-b-16", shape(512, base, 224, 16, text, defaultVocab)},
		{"vit-l-14", shape(768, large, 224, 14, wide, defaultVocab)},
		{"vit-l-14-336", shape(768, large, 336, 14, wide, defaultVocab)},
		// 5.9 million weights: what two processor cores train in an hour.
		{"vit-s-16-96", shape(192, TowerConfig{192, 6, 3, 768, GELU, defaultEps}, 96, 16,
			TowerConfig{192, 3, 3, 768, GELU, defaultEps}, 8514)},
		// 9.9 million weights: what a built-in model has room for. Small patches, since few pictures must do.
		{"vit-s-12-96", shape(256, TowerConfig{256, 8, 8, 1024, GELU, defaultEps}, 96, 12,
			TowerConfig{192, 4, 6, 768, GELU, defaultEps}, 8514)},
		{"vit-s-8-96", shape(256, TowerConfig{192, 9, 6, 768, GELU, defaultEps}, 96, 8,
			TowerConfig{192, 4, 6, 768, GELU, defaultEps}, 8514)},
		// For tests: every part is there, nothing takes time.
		{"tiny", shape(16, TowerConfig{32, 2, 2, 64, QuickGELU, defaultEps}, 32, 8,
			TowerConfig{24, 2, 2, 48, QuickGELU, defaultEps}, 770)},
	}
}

// shape returns a Config with CLIP's context length and initial scale.
func shape(dims int, vision TowerConfig, imageSize, patch int, text TowerConfig, vocab int) Config {
	return Config{
		Vision:     VisionConfig{vision, imageSize, patch},
		Text:       TextConfig{text, vocab, defaultContext, int32(vocab - 1)},
		Dims:       dims,
		LogitScale: defaultLogitScale,
	}
}

// ArchitectureNamed returns the architecture of that name, in any case;
// ErrUnsupported with all names if there is none.
func ArchitectureNamed(name string) (Architecture, error) {
	var names []string
	for _, a := range Architectures() {
		if strings.EqualFold(a.Name, name) {
			return a, nil
		}
		names = append(names, a.Name)
	}
	return Architecture{}, fmt.Errorf("architecture %q: %w (known are %s)", name, ErrUnsupported, strings.Join(names, ", "))
}
