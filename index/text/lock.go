package text

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// folderLock is a lock on a folder of the index, held until closed. Readers share
// it. It is on a file that is never replaced, so that its holder may delete everything else.
type folderLock struct{ file *os.File }

// lockRetry is the time between attempts.
const lockRetry = 20 * time.Millisecond

// lockFolder makes dir (0700) if absent and waits for its lock. errEngine if another process
// holds it for longer than wait, or the folder cannot be used.
func lockFolder(ctx context.Context, dir string, exclusive bool, wait time.Duration) (*folderLock, error) {
	var l *folderLock
	err := guard(func() error {
		f, err := openLockFile(dir)
		if err != nil {
			return err
		}
		l = &folderLock{f}
		if err := l.acquire(ctx, exclusive, wait); err != nil {
			f.Close()
			return err
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return l, nil
}

// openLockFile opens the file; on a read-only file system, where it exists.
func openLockFile(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	if f, err := os.Open(path); err == nil {
		return f, nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return os.OpenFile(path, os.O_RDONLY|os.O_CREATE, 0o600)
}

// acquire takes the lock, or changes between sharing and excluding.
func (l *folderLock) acquire(ctx context.Context, exclusive bool, wait time.Duration) error {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for deadline := time.Now().Add(wait); ; {
		err := syscall.Flock(int(l.file.Fd()), how|syscall.LOCK_NB)
		if err == nil || !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return err
		}
		if time.Now().After(deadline) {
			return errors.New("in use by another process")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockRetry):
		}
	}
}

func (l *folderLock) close() error { return l.file.Close() }
