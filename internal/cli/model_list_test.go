package cli

import (
	"math"
	"testing"

	"clipsearch/encode/checkpoint"
)

// TestRecommendedSizes holds the sizes of recommended downloads to the architectures: four bytes a weight.
func TestRecommendedSizes(t *testing.T) {
	architectures := map[string]string{
		"openai/clip-vit-base-patch32":          "vit-b-32",
		"laion/CLIP-ViT-B-32-laion2B-s34B-b79K": "vit-b-32",
		"flax-community/clip-rsicd-v2":          "vit-b-32",
		"openai/clip-vit-base-patch16":          "vit-b-16",
		"laion/CLIP-ViT-B-16-laion2B-s34B-b88K": "vit-b-16",
		"openai/clip-vit-large-patch14":         "vit-l-14",
		"openai/clip-vit-large-patch14-336":     "vit-l-14-336",
	}
	for _, r := range recommendations() {
		a, err := checkpoint.ArchitectureNamed(architectures[r.Name])
		if err != nil {
			t.Errorf("%s: %v", r.Name, err)
			continue
		}
		if want := 4 * float64(a.Config.Params()); math.Abs(float64(r.Bytes)-want) > 1e6 {
			t.Errorf("%s: %d bytes, its weights have %.0f", r.Name, r.Bytes, want)
		}
	}
}
