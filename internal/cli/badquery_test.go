package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clipsearch/index/store"
)

// TestBadQueries gives the search command what people and scripts get wrong: each ends at once, with a message and the
// right exit code, or with an empty result.
func TestBadQueries(t *testing.T) {
	path := filepath.Join(t.TempDir(), "library")
	st, err := store.Open(path, store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := st.SetModel(t.Context(), store.Model{ID: "another", Dims: 2}); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Put(t.Context(), []store.Entry{{
		Document: store.Document{Path: "/p/beach.jpg", Format: "jpeg", Width: 640, Height: 480}, Vector: []float32{1, 0},
		Captions: []store.Caption{{Text: "a dog on the beach"}},
	}}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	note := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(note, []byte("no picture"), 0o600); err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	for _, test := range []struct {
		name    string
		args    []string
		code    int
		message string // on stderr
		hits    int    // lines on stdout
	}{
		{"empty", []string{""}, exitUsage, "nothing to search for", 0},
		{"no query", nil, exitUsage, "nothing to search for", 0},
		{"blank", []string{" \t\n"}, exitUsage, "nothing to search for", 0},
		{"only operators", []string{"+ - + −"}, exitUsage, "nothing to search for", 0},
		{"only excluded words", []string{"--", "-dog"}, exitUsage, "only words to leave out", 0},
		{"only control characters", []string{"\x00\x1b\x07"}, exitUsage, "nothing to search for", 0},
		{"only stop words", []string{"--mode", "text", "of and"}, exitOK, "nothing found", 0},
		{"10,000 letters", []string{"--mode", "text", strings.Repeat("x", 10_000)}, exitOK, "nothing found", 0},
		{"10,000 words", []string{"--mode", "text", strings.Repeat("dog ", 10_000)}, exitOK, "only the first", 1},
		{"control characters in words", []string{"--mode", "text", "\x1bdog\x00"}, exitOK, "", 1},
		{"invalid UTF-8", []string{"--mode", "text", "\xff dog \xfe"}, exitOK, "", 1},
		{"an open quotation mark", []string{"--mode", "text", `"dog`}, exitOK, "", 1},
		{"bleve's syntax", []string{"--mode", "text", "caption:dog~9 /dog/ AND ^5"}, exitOK, "", 1},
		{"k = 0", []string{"-k", "0", "dog"}, exitUsage, "at least 1", 0},
		{"k = -1", []string{"-k", "-1", "dog"}, exitUsage, "at least 1", 0},
		{"k = 10⁹", []string{"-k", "1000000000", "dog"}, exitUsage, "at most 10000", 0},
		{"k beyond an int", []string{"-k", "99999999999999999999", "dog"}, exitUsage, "k", 0},
		{"dates the wrong way round", []string{"--since", "2020", "--until", "2019", "dog"}, exitUsage, "wrong way round", 0},
		{"no date", []string{"--since", "32.13.2020", "dog"}, exitUsage, "is no date", 0},
		{"unknown type", []string{"--type", "docx", "dog"}, exitUsage, "no file type", 0},
		{"unknown order", []string{"--sort", "size", "dog"}, exitUsage, "no order", 0},
		{"unknown mode", []string{"--mode", "magic", "dog"}, exitUsage, "no mode", 0},
		{"unknown fusion", []string{"--fusion", "cold", "dog"}, exitUsage, "no fusion", 0},
		{"unknown orientation", []string{"--orientation", "round", "dog"}, exitUsage, "no orientation", 0},
		{"no size", []string{"--min-size", "big", "dog"}, exitUsage, "no size in pixels", 0},
		{"sizes the wrong way round", []string{"--min-size", "800", "--max-size", "600", "dog"}, exitUsage, "no picture is at least", 0},
		{"a prompt without a place", []string{"--prompt", "a photo", "dog"}, exitUsage, "has no {q}", 0},
		{"both weights 0", []string{"--text-weight", "0", "--vector-weight", "0", "dog"}, exitUsage, "both weights are 0", 0},
		{"a negative weight", []string{"--text-weight", "-1", "dog"}, exitUsage, "weights", 0},
		{"not a number", []string{"--vector-weight", "NaN", "dog"}, exitUsage, "weights", 0},
		{"an unknown tag", []string{"--mode", "text", "--tag", "nothing", "dog"}, exitOK, "no picture passes the filters", 0},
		{"an unknown language", []string{"--mode", "text", "--lang", "xx", "dog"}, exitOK, "no picture passes the filters", 0},
		{"a folder that is not there", []string{"--mode", "text", "--folder", "nowhere", "dog"}, exitOK, "no picture passes the filters", 0},
		{"an id that is gone", []string{"--like", "99"}, exitFailed, "not in the library any more", 0},
		{"an id that is none", []string{"--like", "-1"}, exitUsage, "is no id", 0},
		{"a picture that is not there", []string{"--image", filepath.Join(home, "nothing.jpg")}, exitUsage, "no such file", 0},
		{"a folder for a picture", []string{"--image", home}, exitUsage, "a folder", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out, messages bytes.Buffer
			p := Process{
				Args:  append([]string{"search", "--library", path, "--paths"}, test.args...),
				Stdin: strings.NewReader(""), Stdout: &out, Stderr: &messages,
				Getenv: func(name string) string { return map[string]string{"HOME": home}[name] },
			}
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			if code := Run(ctx, p); code != test.code {
				t.Errorf("exit code %d, want %d\n%s", code, test.code, messages.String())
			}
			if !strings.Contains(messages.String(), test.message) {
				t.Errorf("stderr %q, want %q", messages.String(), test.message)
			}
			if got := strings.Count(out.String(), "\n"); got != test.hits {
				t.Errorf("%d hits, want %d", got, test.hits)
			}
		})
	}
}
