//go:build unix

package scan

import (
	"context"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWalkNeverOpensPipes(t *testing.T) {
	root := tree(t, "a.jpg")
	for _, name := range []string{"a.txt", "pipe.jpg", IgnoreFile} {
		if err := syscall.Mkfifo(filepath.Join(root, name), 0o644); err != nil {
			t.Skip("no pipes here:", err)
		}
	}
	got, err := Walk(context.Background(), []string{root}, Options{Picture: jpegs})
	if err != nil || len(got.Files) != 1 || got.Files[0].Sidecar != "" {
		t.Errorf("%+v, %v", got, err)
	}
}
