//go:build native

package cli

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"clipsearch/encode/checkpoint"
	"clipsearch/tune"
)

// TestTuneDiverges fine-tunes a base that is damaged where only one caption looks: when that is drawn, in the middle of a run,
// the loss is no number. The run ends, names the step, and leaves the best weights so far as a model.
func TestTuneDiverges(t *testing.T) {
	data := halves(t, 4)
	all, err := os.ReadFile(filepath.Join(data, "captions.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(strings.TrimSpace(string(all)), "\n")
	train, val := append([]string{"0-0-0.png\tж\n"}, lines[40:]...), lines[4:40] // 0-0-1.png to 0-0-3.png are the same picture
	for name, lines := range map[string][]string{"train.tsv": train, "val.tsv": val} {
		if err := os.WriteFile(filepath.Join(data, name), []byte(strings.Join(lines, "")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	base := spoilWord(t, createTiny(t), "ж")
	out := filepath.Join(t.TempDir(), "out")
	args := []string{
		data, "--captions", filepath.Join(data, "train.tsv"), "--val", filepath.Join(data, "val.tsv"), "--model", base, "--out", out,
		"--samples-per-epoch", "16", "--batch", "8", "--epochs", "100", "--lr", "2e-3", "--warmup", "1", "--augment", "none", "--dtype", "f32",
	}
	var messages bytes.Buffer
	if code, _ := tuned(t.Context(), t, &messages, args...); code != exitFailed {
		t.Fatalf("exit code %d: %s", code, messages.String())
	}
	found := regexp.MustCompile(`step (\d+): the loss is not a finite number any more\n +the best weights so far, of step (\d+), are the model (.*); try`).FindStringSubmatch(messages.String())
	if found == nil {
		t.Fatalf("it says: %s", messages.String())
	}
	ended, _ := strconv.Atoi(found[1])
	best, _ := strconv.Atoi(found[2])
	if best < 1 || best >= ended {
		t.Errorf("it ended in step %d, and the best is %d", ended, best)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("there is a result")
	}
	if !strings.Contains(messages.String(), fmt.Sprintf("step %d: score", best)) {
		t.Errorf("step %d was not measured: %s", best, messages.String())
	}
	c, err := checkpoint.Open(found[3])
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w, err := c.Tensor("visual_projection.weight")
	if err != nil || slices.ContainsFunc(w.Float32s(), func(v float32) bool { return v != v }) {
		t.Errorf("the best weights are no numbers: %v", err)
	}
	saved, err := tune.LastState(out + stateSuffix)
	if err != nil {
		t.Fatal(err)
	}
	state, err := checkpoint.ReadSafetensors(filepath.Join(saved, "state.safetensors"))
	if err != nil || len(state) == 0 {
		t.Errorf("the saved state: %v", err)
	}
	messages.Reset() // going on meets the same step
	if code, _ := tuned(t.Context(), t, &messages, append(args, "--resume")...); code != exitFailed || !strings.Contains(messages.String(), "step "+found[1]+": the loss") {
		t.Errorf("going on: exit code %d: %s", code, messages.String())
	}
}

// TestTuneRefusesADamagedBase holds that a base that gives no numbers is called that, before the first step.
func TestTuneRefusesADamagedBase(t *testing.T) {
	data := halves(t, 4)
	var messages bytes.Buffer
	code, _ := tuned(t.Context(), t, &messages, data, "--captions", filepath.Join(data, "captions.tsv"),
		"--model", spoilWord(t, createTiny(t), "red left right"), "--out", filepath.Join(t.TempDir(), "out"))
	if code != exitFailed || !strings.Contains(messages.String(), "the base itself gives no numbers") {
		t.Errorf("exit code %d: %s", code, messages.String())
	}
}

// spoilWord returns a copy of a checkpoint in which the tokens of a word are so large that nothing can be computed with them.
func spoilWord(t *testing.T, c *checkpoint.Checkpoint, word string) (dir string) {
	t.Helper()
	ids := c.Tokenizer.Encode(word, c.Config.Text.Context)
	dir = filepath.Join(t.TempDir(), "spoiled")
	err := c.Write(t.Context(), dir, checkpoint.WriteOptions{DType: checkpoint.F32, Weights: func(name string) ([]float32, error) {
		w, err := c.Tensor(name)
		if err != nil {
			return nil, err
		}
		values := slices.Clone(w.Float32s())
		if name == "text_model.embeddings.token_embedding.weight" {
			width := c.Config.Text.Width
			for _, id := range ids[1 : len(ids)-1] { // not those of start and end
				for i := range width {
					values[int(id)*width+i] = math.MaxFloat32 // the sum of two has no number
				}
			}
		}
		return values, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
