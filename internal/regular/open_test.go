//go:build unix

package regular

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Files are read whole, whatever their size; nothing else is opened, and nothing waits.
func TestReadFile(t *testing.T) {
	dir, err := os.MkdirTemp("", "regular") // a socket's name must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, content := range []string{"", "a", strings.Repeat("b", 511), strings.Repeat("c", 512), strings.Repeat("d", 100_000)} {
		path := filepath.Join(dir, "file")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, err := ReadFile(path); string(got) != content || err != nil {
			t.Errorf("%d bytes of %d: %v", len(got), len(content), err)
		}
	}
	pipe, link, socket := filepath.Join(dir, "pipe"), filepath.Join(dir, "link"), filepath.Join(dir, "socket")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Symlink(pipe, link)); err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for path, kind := range map[string]string{dir: "folder", pipe: "pipe", link: "pipe", socket: "socket", "/dev/zero": "device"} {
		if _, err := ReadFile(path); !errors.Is(err, ErrNotRegular) || !strings.HasSuffix(err.Error(), "but a "+kind) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("none: %v", err)
	}
}
