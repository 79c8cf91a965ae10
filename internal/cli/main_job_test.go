package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clipsearch/encode"
	"clipsearch/search"
)

// TestMainJob does the program's main job on real pictures: it indexes the 1,000 of Flickr8k's test split with their
// 5,000 captions and the development checkpoint, and asks for dogs in the snow in each mode. By chance 7 in 100 of these
// pictures show snow.
func TestMainJob(t *testing.T) {
	if !encode.HasBackend() {
		t.Log("without the encoder: captions only; make test runs the whole of it")
	}
	const flickr = "../../../shared/data/flickr8k"
	if _, err := os.Stat(flickr); err != nil {
		t.Skip("the reference data is not beside the project, so: put it at ../shared and run make test;", err)
	}
	library := filepath.Join(t.TempDir(), "library")
	env := map[string]string{"HOME": t.TempDir(), "CLIPSEARCH_LIBRARY": library}
	if encode.HasBackend() {
		env["CLIPSEARCH_MODEL"] = "../../../shared/models/clip-dev-small"
	}
	run := func(args ...string) string {
		t.Helper()
		var out, messages bytes.Buffer
		p := Process{Args: args, Stdin: strings.NewReader(""), Stdout: &out, Stderr: &messages, Getenv: func(name string) string { return env[name] }}
		if code := Run(context.Background(), p); code != exitOK {
			t.Fatalf("clipsearch %s: exit code %d\n%s", strings.Join(args, " "), code, messages.String())
		}
		return out.String()
	}

	var summary struct{ Found, Added, Encoded int }
	if err := json.Unmarshal([]byte(run("index", "--json", flickr+"/test", "--captions", flickr+"/test.tsv")), &summary); err != nil {
		t.Fatal(err)
	}
	wantEncoded := 0
	modes := map[string]int{"text": 9} // how many of the ten best must have dogs and snow in a caption
	if encode.HasBackend() {
		wantEncoded = 1000
		modes["hybrid"], modes["vector"] = 8, 7
	}
	if summary.Found != 1000 || summary.Added != 1000 || summary.Encoded != wantEncoded {
		t.Errorf("indexed %+v", summary)
	}
	var stats struct{ Documents, Captions, Vectors int }
	if err := json.Unmarshal([]byte(run("stats", "--json")), &stats); err != nil {
		t.Fatal(err)
	}
	if stats.Documents != 1000 || stats.Captions < 4990 || stats.Vectors != wantEncoded { // a few captions repeat
		t.Errorf("the library holds %+v", stats)
	}
	for mode, want := range modes {
		right := 0
		for line := range strings.Lines(run("search", "--mode", mode, "-k", "10", "--json", "dogs in the snow")) {
			var hit search.Hit
			if err := json.Unmarshal([]byte(line), &hit); err != nil {
				t.Fatal(err)
			}
			captions := strings.ToLower(strings.Join(hit.Captions, " "))
			if strings.Contains(captions, "dog") && strings.Contains(captions, "snow") {
				right++
			}
		}
		t.Logf("%s: %d of 10 show dogs in the snow", mode, right)
		if right < want {
			t.Errorf("%s: only %d of 10 show dogs in the snow, want %d", mode, right, want)
		}
	}
}
