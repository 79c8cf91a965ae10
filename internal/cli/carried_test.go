//go:build native

package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clipsearch/assets"
	"clipsearch/encode/checkpoint"
)

// maxCarried bounds the model in the program, bytes: it is in Git, and in every copy of the program.
const maxCarried = 12 << 20

// TestCarriedModel looks at the model that is in the assets, if one is.
func TestCarriedModel(t *testing.T) {
	files := assets.Model()
	if files == nil {
		t.Skip("assets/model holds no model; with one there: go test -tags native -run CarriedModel ./internal/cli")
	}
	var size int64
	licence := false
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		size += info.Size()
		licence = licence || strings.HasPrefix(strings.ToUpper(path), "LICEN")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if size > maxCarried {
		t.Errorf("%d bytes, at most %d are allowed", size, maxCarried)
	}
	if !licence {
		t.Error("there is no licence note")
	}
	card, err := fs.ReadFile(files, "README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"flickr8k", "ucm", "licen", "recall@10"} {
		if !strings.Contains(strings.ToLower(string(card)), part) {
			t.Errorf("the card says nothing of %q", part)
		}
	}
	t.Chdir(t.TempDir())
	unpacked := filepath.Join(t.TempDir(), "builtin")
	dir, err := checkpoint.Resolve(checkpoint.BuiltinName, checkpoint.Places{Carried: files, Unpacked: unpacked})
	if err != nil {
		t.Fatal(err)
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.VerifyFiles(t.Context()), c.Verify(t.Context()), c.Close()); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "README.md")); err != nil {
		t.Error(err)
	}
}
