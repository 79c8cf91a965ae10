package store

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// limitFiles lets no file grow beyond so many bytes until the function returned is
// called: as a full disk does.
func limitFiles(t *testing.T, bytes uint64) (lift func()) {
	t.Helper()
	var old syscall.Rlimit
	ok(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old))
	ok(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: old.Max}))
	lift = func() { ok(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)) }
	t.Cleanup(lift)
	return lift
}

// Where there is no room for more, writing fails with the system's reason, loses
// nothing, and works again when there is.
func TestDiskFull(t *testing.T) {
	path := whole(t)
	s := mustOpen(t, path, Options{})
	size, err := fileSize(path)
	ok(t, err)
	lift := limitFiles(t, uint64(size)+100_000)
	const reason = "file too large"
	stored := 0
	for {
		e := fullEntry(fmt.Sprint("/full/", stored))
		e.Thumb = noise(200_000)
		if _, err = s.Put(ctx, []Entry{e}); err != nil {
			break
		}
		stored++
	}
	wantErr(t, err, err, reason, path)
	err = save(s, "text", SnapshotInfo{}, noise(20<<20))
	wantErr(t, err, err, reason, path)
	want, err := readContent(s)
	ok(t, err)
	diff(t, "documents", 397+stored, len(want.Documents))
	diff(t, "snapshot", 1<<20+1, len(want.Snapshots["text"]))
	ok(t, s.Close())
	lift()
	diff(t, "problems", 0, len(mustVerify(t, path).Problems))
	s = mustOpen(t, path, Options{})
	got, err := readContent(s)
	ok(t, err)
	diff(t, "content", want, got)
	putPaths(t, s, "/room again")
}

// Compacting where there is no room for the new file leaves the old one, and no other.
func TestCompactDiskFull(t *testing.T) {
	path := whole(t)
	before, err := os.ReadFile(path)
	ok(t, err)
	lift := limitFiles(t, 500_000)
	_, err = Compact(ctx, path, CompactOptions{Timeout: time.Second})
	lift()
	wantErr(t, err, err, "compact "+path, "file too large")
	after, err := os.ReadFile(path)
	ok(t, err)
	if string(before) != string(after) {
		t.Error("the file was changed")
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	ok(t, err)
	diff(t, "files", 1, len(entries))
}

// A file that may only be read is read, and writing says so.
func TestReadOnlyFile(t *testing.T) {
	path := whole(t)
	ok(t, os.Chmod(path, 0o444))
	if os.Geteuid() == 0 { // root may write to any file: this thread gives that up
		const nobody = 65534
		ok(t, os.Chmod(filepath.Dir(filepath.Dir(path)), 0o755))
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0)
		defer syscall.RawSyscall(syscall.SYS_SETFSUID, 0, 0, 0)
	}
	_, err := Open(path, Options{})
	wantErr(t, err, os.ErrPermission, path)
	_, err = Compact(ctx, path, CompactOptions{})
	wantErr(t, err, os.ErrPermission, path)
	diff(t, "problems", 0, len(mustVerify(t, path).Problems))
}
