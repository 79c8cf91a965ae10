//go:build unix

package hub

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// lock waits until no other process downloads the same file. Hugging Face's tools lock the same file in the same way
// (filelock.UnixFileLock).
func (p *pull) lock(ctx context.Context, f file) (unlock func() error, err error) {
	dir := filepath.Join(p.Cache, ".locks", filepath.Base(p.repo))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(dir, f.hash()+".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	for said := false; ; said = true {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file.Close, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, errors.Join(&os.PathError{Op: "lock", Path: file.Name(), Err: err}, file.Close())
		}
		if !said {
			p.Meter.Phase("waiting for another process that fetches " + p.Name)
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// checkSpace returns ErrNoSpace if the disk below dir has no room for that many bytes.
func checkSpace(dir string, need int64) error {
	for ; ; dir = filepath.Dir(dir) { // it may not be there yet
		var s unix.Statfs_t
		err := unix.Statfs(dir, &s)
		if errors.Is(err, unix.ENOENT) && dir != filepath.Dir(dir) {
			continue
		}
		if err != nil {
			return nil // it may well have room
		}
		if free := int64(s.Bavail) * int64(s.Bsize); free < need {
			return fmt.Errorf("%w: %d MB are to come, %d MB are free", ErrNoSpace, need>>20, free>>20)
		}
		return nil
	}
}
