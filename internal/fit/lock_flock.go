//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package fit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall" // not x/sys: the tool runs before there are certificates to download modules with
)

// lock waits for the lock file at path, which is made if missing, and returns what releases it. The
// system releases the lock of a process that dies.
func lock(path string) (unlock func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("lock cache: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("lock cache: %w", err)
	}
	for {
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock cache: %w", err), file.Close())
	}
	return file.Close, nil
}
