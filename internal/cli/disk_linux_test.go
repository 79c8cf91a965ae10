package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// mount makes a disk of so many bytes.
func (h *household) mount(bytes int) (dir string) {
	h.t.Helper()
	dir = filepath.Join(h.dir, "disk")
	if err := os.Mkdir(dir, 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := unix.Mount("clipsearch", dir, "tmpfs", 0, fmt.Sprint("size=", bytes)); err != nil {
		h.t.Skipf("a small disk cannot be mounted here (%v); run the tests as root", err)
	}
	h.t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			h.t.Error(err)
		}
	})
	return dir
}

// resize makes a mounted disk larger.
func (h *household) resize(dir string, bytes int) {
	h.t.Helper()
	if err := unix.Mount("clipsearch", dir, "tmpfs", unix.MS_REMOUNT, fmt.Sprint("size=", bytes)); err != nil {
		h.t.Fatal(err)
	}
}
