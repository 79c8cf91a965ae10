package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/encode"
	"clipsearch/encode/checkpoint"
	"clipsearch/tune"
)

// halves makes a folder of pictures whose halves have two colours, with captions that say so, and returns it.
func halves(t *testing.T, copies int) string {
	t.Helper()
	palette := map[string]color.RGBA{
		"red": {220, 20, 20, 255}, "green": {20, 190, 30, 255}, "blue": {20, 40, 220, 255}, "white": {255, 255, 255, 255},
		"black": {0, 0, 0, 255}, "yellow": {240, 230, 30, 255},
	}
	names := []string{"black", "blue", "green", "red", "white", "yellow"}
	dir := t.TempDir()
	var captions strings.Builder
	for i, left := range names {
		for k, right := range names {
			for copy := range copies {
				img := solid(40, 40, palette[left])
				for y := range 40 {
					for x := 18 + copy; x < 40; x++ {
						img.SetRGBA(x, y, palette[right])
					}
				}
				name := fmt.Sprintf("%d-%d-%d.png", i, k, copy)
				writePNG(t, filepath.Join(dir, name), img)
				fmt.Fprintf(&captions, "%s\t%s to the left , %s to the right\n", name, left, right)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "captions.tsv"), []byte(captions.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writePNG(t *testing.T, path string, img image.Image) {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tuned runs clipsearch tune and returns its exit code and what it said.
func tuned(ctx context.Context, t *testing.T, stderr io.Writer, args ...string) (code int, out string) {
	t.Helper()
	home := t.TempDir()
	var stdout bytes.Buffer
	p := Process{
		Args: append([]string{"tune", "--device", "cpu", "--precision", "f32"}, args...), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: stderr,
		Getenv: func(name string) string { return map[string]string{"HOME": home}[name] },
	}
	return Run(ctx, p), stdout.String()
}

// needEncoder skips what cannot be trained without.
func needEncoder(t *testing.T) {
	t.Helper()
	if !encode.HasBackend() {
		t.Skip("it needs the encoder: make test runs it")
	}
}

// readReport reads what a run has left.
func readReport(t *testing.T, dir string) (r struct {
	Verdict string
	tune.History
}) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "report.json"))
	if err == nil {
		err = json.Unmarshal(data, &r)
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestTune trains from nothing, fine-tunes the result, once as one should and once with a rate far too high, which ends below
// where it began; the report says so.
func TestTune(t *testing.T) {
	needEncoder(t)
	data := halves(t, 4)
	base := filepath.Join(t.TempDir(), "base")
	args := []string{data, "--captions", filepath.Join(data, "captions.tsv"), "--augment", "none", "--quiet"}
	var messages bytes.Buffer
	code, out := tuned(t.Context(), t, &messages, append(args, "--from-scratch", "tiny", "--samples-per-epoch", "1280", "--epochs", "4", "--batch", "32", "--lr", "3e-3", "--out", base)...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, messages.String())
	}
	r := readReport(t, base)
	first, last := r.Measurements[0], r.Measurements[len(r.Measurements)-1]
	if !(last.Score > 2*first.Score) || !strings.Contains(out, "The best step was") {
		t.Errorf("score %v at first, %v at last\n%s", first.Score, last.Score, out)
	}
	c, err := checkpoint.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"README.md", "report.html"} {
		if text, err := os.ReadFile(filepath.Join(base, name)); err != nil || !bytes.Contains(text, []byte("paired")) && name == "report.html" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Stat(base + stateSuffix); err == nil {
		t.Error("the state of the run is left")
	}

	wild := filepath.Join(t.TempDir(), "wild")
	if code, _ := tuned(t.Context(), t, &messages, append(args, "--model", base, "--epochs", "3", "--batch", "32", "--lr", "6e-2", "--warmup", "1", "--out", wild)...); code != exitOK {
		t.Fatalf("exit code %d: %s", code, messages.String())
	}
	r = readReport(t, wild)
	if last := r.Measurements[len(r.Measurements)-1]; last.Score >= r.Measurements[0].Score || !strings.Contains(r.Verdict, "lower learning rate") {
		t.Errorf("score %v at first, %v at last: %s", r.Measurements[0].Score, last.Score, r.Verdict)
	}
	for _, more := range [][]string{{"--lora", "4"}, {"--lora", "4", "--freeze", "text"}, {"--freeze", "text"}, {"--freeze", "layers=1"}, {"--wise-ft", "sweep"}, {"--wise-ft", "0.5", "--dtype", "int8"}, {"--micro-batch", "5"}} {
		out := filepath.Join(t.TempDir(), "out")
		if code, _ := tuned(t.Context(), t, &messages, append(append(args, "--model", base, "--epochs", "1", "--batch", "16", "--lr", "1e-4", "--out", out), more...)...); code != exitOK {
			t.Errorf("%v: exit code %d: %s", more, code, messages.String())
		}
	}
}

// until ends a context when what is written to it says something.
type until struct {
	bytes.Buffer
	says string
	end  func()
}

func (u *until) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(u.says)) {
		u.end()
	}
	return u.Buffer.Write(p)
}

// TestTuneResumes holds that a run that was interrupted goes on bit for bit.
func TestTuneResumes(t *testing.T) {
	needEncoder(t)
	data := halves(t, 4)
	args := []string{data, "--captions", filepath.Join(data, "captions.tsv"), "--from-scratch", "tiny", "--epochs", "6", "--batch", "16"}
	straight, again := filepath.Join(t.TempDir(), "straight"), filepath.Join(t.TempDir(), "again")
	if code, _ := tuned(t.Context(), t, io.Discard, append(args, "--out", straight)...); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	ctx, cancel := context.WithCancel(t.Context())
	messages := &until{says: "step 8: score", end: cancel}
	if code, _ := tuned(ctx, t, messages, append(args, "--out", again)...); code != exitInterrupted || !strings.Contains(messages.String(), "--resume goes on") {
		t.Fatalf("exit code %d: %s", code, messages.String())
	}
	var refused bytes.Buffer
	if code, _ := tuned(t.Context(), t, &refused, append(args, "--out", again)...); code != exitFailed || !strings.Contains(refused.String(), "interrupted run") {
		t.Errorf("beginning anew over a saved run: exit code %d: %s", code, refused.String())
	}
	if code, _ := tuned(t.Context(), t, io.Discard, append(args, "--out", again, "--resume")...); code != exitOK {
		t.Fatalf("exit code %d", code)
	}
	want, got := readReport(t, straight), readReport(t, again)
	if diff := cmp.Diff(want.History, got.History); diff != "" {
		t.Errorf("the curves (-straight +resumed):\n%s", diff)
	}
	a, err := os.ReadFile(filepath.Join(straight, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(again, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("the weights differ")
	}
}

// TestTuneRefuses holds what a run says about what it cannot learn from.
func TestTuneRefuses(t *testing.T) {
	needEncoder(t)
	data := halves(t, 1)
	captions := filepath.Join(data, "captions.tsv")
	write := func(name, text string) string {
		path := filepath.Join(data, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	full := t.TempDir()
	writePNG(t, filepath.Join(full, "x.png"), solid(3, 3, color.RGBA{1, 2, 3, 255}))
	few := write("few.tsv", "0-0-0.png\tone\n0-1-0.png\ttwo\n")
	named := func(from, to int, caption string) string { // captions of some of the pictures
		var lines strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&lines, "%d-%d-0.png\t%s\n", i/6, i%6, caption)
		}
		return lines.String()
	}
	alike, others := write("alike.tsv", named(0, 20, "same")), write("others.tsv", named(20, 36, "other"))
	gone := write("gone.tsv", "nothing.png\tone\n")
	twins := write("twins.json", `{"architecture": "tiny", "sets": [{"dir": ".", "augment": "none"}, {"dir": ".", "augment": "none"}]}`)
	more := write("more.json", `{"architecture": "tiny", "sets": [{"dir": ".", "augment": "none"}]} {}`)
	odd := write("odd.json", `{"architecture": "tiny", "metric": "speed", "sets": [{"dir": ".", "augment": "none"}]}`)
	broken := write("broken.json", `{"sets": [{"dir": ".", "captionz": []}]}`)
	for _, test := range []struct {
		name string
		args []string
		code int
		says string
	}{
		{"no captions", []string{full}, exitFailed, "--captions"},
		{"missing pictures", []string{data, "--captions", gone}, exitFailed, "gone.tsv"},
		{"validation too small", []string{data, "--captions", few}, exitFailed, "too few pictures for validation"},
		{"one text", []string{data, "--captions", alike, "--val", others}, exitFailed, "all pictures say the same"},
		{"leaks", []string{data, "--captions", alike, "--val", captions}, exitFailed, "20 pictures to validate on are to learn from, too"},
		{"no such folder", []string{filepath.Join(data, "no"), "--captions", captions}, exitFailed, "no such folder"},
		{"two sets of one name", []string{twins}, exitUsage, "two sets are called"},
		{"more behind a recipe", []string{more}, exitFailed, "after top-level value"},
		{"metric", []string{odd}, exitUsage, "metric is \"speed\""},
		{"misspelled recipe", []string{broken, "--from-scratch", "tiny"}, exitFailed, "captionz"},
		{"no such recipe", []string{data, "--recipe", "best"}, exitUsage, "rsicd or imageclef"},
		{"rate", []string{data, "--captions", captions, "--lr", "2"}, exitUsage, "rate is 2"},
		{"no rate", []string{data, "--captions", captions, "--lr", "0"}, exitUsage, "rate is 0"},
		{"batch", []string{data, "--captions", captions, "--batch", "-3"}, exitUsage, "batch is -3; it is 2 or more"},
		{"lora", []string{data, "--captions", captions, "--lora", "-1"}, exitUsage, "rank of --lora is -1"},
		{"decay", []string{data, "--captions", captions, "--weight-decay", "-1"}, exitUsage, "weight decay is -1"},
		{"limit", []string{data, "--captions", captions, "--limit", "-1m"}, exitUsage, "limit is -1m"},
		{"freeze", []string{data, "--captions", captions, "--freeze", "head"}, exitUsage, "image, text or layers=N"},
		{"wise", []string{data, "--captions", captions, "--wise-ft", "2"}, exitUsage, "from 0 to 1"},
		{"architecture", []string{data, "--captions", captions, "--from-scratch", "huge"}, exitFailed, "known are"},
		{"output exists", []string{data, "--captions", captions, "--out", full}, exitFailed, "is there already"},
		{"nothing to resume", []string{data, "--captions", captions, "--resume"}, exitFailed, "no saved state"},
	} {
		args := test.args
		if !strings.Contains(strings.Join(args, " "), "--out") {
			args = append(args, "--out", filepath.Join(t.TempDir(), "out"))
		}
		if !strings.Contains(strings.Join(args, " "), "--from-scratch") && test.name != "wise" {
			args = append(args, "--from-scratch", "tiny")
		}
		if test.name == "wise" {
			args = append(args, "--model", "x")
		}
		var messages bytes.Buffer
		code, _ := tuned(t.Context(), t, &messages, args...)
		if code != test.code || !strings.Contains(messages.String(), test.says) {
			t.Errorf("%s: exit code %d, want %d: %s", test.name, code, test.code, messages.String())
		}
	}
}
