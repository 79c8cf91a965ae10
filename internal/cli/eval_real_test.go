package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"clipsearch/encode"
	"clipsearch/eval"
)

// TestPublishedFigures holds eval to what the development checkpoint's README states, which other code has measured.
func TestPublishedFigures(t *testing.T) {
	const data, model = "../../../shared/data/", "../../../shared/models/clip-dev-small"
	if _, err := os.Stat(model); err != nil || !encode.HasBackend() {
		t.Skip("it needs the encoder and the reference data at ../shared: make test runs it;", err)
	}
	type tasks struct {
		Retrieval struct {
			TextToImage eval.Figures `json:"text_to_image"`
		}
		ZeroShot eval.Figures
	}
	measure := func(args ...string) (report struct{ Tasks tasks }) {
		t.Helper()
		var out, messages bytes.Buffer
		args = append([]string{"eval", "--json", "--model", model, "--precision", "f32"}, args...)
		p := Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &messages, Getenv: func(string) string { return "" }}
		if code := Run(context.Background(), p); code != exitOK {
			t.Fatalf("clipsearch %s: exit code %d\n%s", strings.Join(args, " "), code, messages.String())
		}
		if err := json.Unmarshal(out.Bytes(), &report); err != nil {
			t.Fatal(err)
		}
		return report
	}
	check := func(what string, got eval.Figures, want map[eval.Metric]float64) {
		t.Helper()
		for metric, value := range want {
			if math.Abs(got[metric].Value-value) > .0005 { // three digits are published
				t.Errorf("%s: %s is %v, want %v", what, metric, got[metric].Value, value)
			}
		}
	}
	photos := measure(data+"flickr8k", "--captions", data+"flickr8k/test.tsv", "--first", "1", "--task", "retrieval")
	check("flickr8k", photos.Tasks.Retrieval.TextToImage, map[eval.Metric]float64{
		"recall@1": .028, "recall@5": .096, "recall@10": .144, "mrr@10": .058, eval.MedianRank: 104,
	})
	aerial := measure(data+"ucm", "--labels", data+"ucm/test_labels.tsv", "--prompt", "An aerial photograph of {}", "--task", "zeroshot")
	check("ucm", aerial.Tasks.ZeroShot, map[eval.Metric]float64{"hits@1": .271, "hits@3": .443, "hits@5": .567, "hits@10": .729})
}
