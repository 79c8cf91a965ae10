package store

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func TestCompact(t *testing.T) {
	path := whole(t) // 1, 2 and 7 are hidden
	s := mustOpen(t, path, Options{})
	want, err := readContent(s)
	ok(t, err)
	ok(t, s.Close())
	ok(t, os.Chmod(path, 0o640))
	ok(t, os.WriteFile(filepath.Join(filepath.Dir(path), ".l.new-1"), nil, 0o600))
	report, err := Compact(ctx, path, CompactOptions{HiddenFor: time.Hour})
	ok(t, err)
	diff(t, "forgotten within an hour", 0, report.Forgotten)
	diff(t, "pruned up to the snapshot", uint64(3), report.Pruned)
	report, err = Compact(ctx, path, CompactOptions{})
	ok(t, err)
	diff(t, "forgotten", 3, report.Forgotten)
	info, err := os.Stat(path)
	ok(t, err)
	diff(t, "mode", os.FileMode(0o640), info.Mode())
	diff(t, "size", info.Size(), report.After)
	entries, err := os.ReadDir(filepath.Dir(path))
	ok(t, err)
	diff(t, "files", 1, len(entries))

	diff(t, "problems", 0, len(mustVerify(t, path).Problems))
	s = mustOpen(t, path, Options{})
	got, err := readContent(s)
	wantErr(t, err, ErrLogPruned)
	for _, id := range []ID{1, 2, 7} {
		delete(want.Documents, id)
	}
	diff(t, "documents", want.Documents, got.Documents)
	diff(t, "files", len(want.Documents), len(got.Files))
	diff(t, "snapshots", want.Snapshots, got.Snapshots)
	diff(t, "skips", want.Skips, got.Skips)
	diff(t, "roots", want.Roots, got.Roots)
	var changes []Change
	ok(t, s.Changes(ctx, 3, func(c Change) error { changes = append(changes, c); return nil }))
	n := uint64(len(want.Changes))
	diff(t, "changes", append(want.Changes[3:], Change{n + 1, OpForget, 1}, Change{n + 2, OpForget, 2}, Change{n + 3, OpForget, 7}), changes)
	diff(t, "next ID", []ID{401}, putPaths(t, s, "/next"))
}

func TestCompactShrinks(t *testing.T) {
	s := newStore(t)
	ok(t, save(s, "n", SnapshotInfo{}, noise(20*chunkBytes)))
	ok(t, s.DeleteSnapshot(ctx, "n"))
	path := s.Path()
	_, err := Compact(ctx, path, CompactOptions{Timeout: time.Millisecond})
	wantErr(t, err, ErrInUse, path)
	ok(t, s.Close())
	link := path + ".link"
	ok(t, os.Symlink(path, link))
	report, err := Compact(ctx, link, CompactOptions{})
	ok(t, err)
	if report.Before < 20*chunkBytes || report.After > chunkBytes {
		t.Errorf("from %d to %d bytes", report.Before, report.After)
	}
	info, err := os.Lstat(link)
	ok(t, err)
	diff(t, "link stays", os.ModeSymlink, info.Mode().Type())
}

// Damage, an end before the end, and a folder that cannot be written to leave the
// library as it is.
func TestCompactRefuses(t *testing.T) {
	path := whole(t)
	s := mustOpen(t, path, Options{})
	ok(t, s.update(breakVector(9)))
	ok(t, s.Close())
	before, err := os.ReadFile(path)
	ok(t, err)
	cancelled, cancel := context.WithCancel(ctx)
	for name, try := range map[string]func() error{
		"damaged": func() error { _, err := Compact(ctx, path, CompactOptions{}); return err },
		"cancelled": func() error {
			_, err := Compact(cancelled, path, CompactOptions{Progress: func(_, _ int64) { cancel() }})
			return err
		},
	} {
		if err := try(); err == nil {
			t.Errorf("%s: compacted", name)
		}
		after, err := os.ReadFile(path)
		ok(t, err)
		if string(before) != string(after) {
			t.Errorf("%s: the file was changed", name)
		}
		entries, err := os.ReadDir(filepath.Dir(path))
		ok(t, err)
		diff(t, name+": files", 1, len(entries))
	}
	_, err = Compact(ctx, filepath.Join(t.TempDir(), "none"), CompactOptions{})
	wantErr(t, err, ErrNotFound)
}

// A process that waits for the file while it is replaced gets the new one.
func TestOpenAfterReplacement(t *testing.T) {
	path := whole(t)
	s := mustOpen(t, path, Options{})
	fresh := copyOf(t, path)
	opened := make(chan *Store)
	go func() {
		waiting, err := Open(path, Options{Timeout: time.Minute})
		if err != nil {
			t.Error(err)
		}
		opened <- waiting
	}()
	time.Sleep(50 * time.Millisecond)
	ok(t, os.Rename(fresh, path))
	ok(t, s.Close())
	waiting := <-opened
	putPaths(t, waiting, "/new")
	ok(t, waiting.Close())
	s = mustOpen(t, path, Options{ReadOnly: true})
	_, err := s.ByPath("/new")
	ok(t, err)
}

// compactEnv makes TestCompactChild compact the library at its value and end at a step.
const compactEnv, stepEnv = "CLIPSEARCH_STORE_COMPACT", "CLIPSEARCH_STORE_STEP"

func TestCompactChild(t *testing.T) {
	path := os.Getenv(compactEnv)
	if path == "" {
		t.Skip("run by TestCompactKilled in a process of its own")
	}
	var last, n int
	_, err := fmt.Sscan(os.Getenv(stepEnv), &last)
	ok(t, err)
	_, err = Compact(ctx, path, CompactOptions{step: func(string) {
		if n++; n == last {
			os.Exit(9) // what is written stays, what is deferred is not done
		}
	}})
	ok(t, err)
}

// Killed at any step, compacting leaves the old library or the new one.
func TestCompactKilled(t *testing.T) {
	healthy := whole(t)
	want, err := readContent(mustOpen(t, healthy, Options{ReadOnly: true}))
	ok(t, err)
	done := false
	for step := 1; !done; step++ {
		path := copyOf(t, healthy)
		cmd := exec.Command(os.Args[0], "-test.run=^TestCompactChild$")
		cmd.Env = append(os.Environ(), compactEnv+"="+path, stepEnv+"="+fmt.Sprint(step))
		out, err := cmd.CombinedOutput()
		done = err == nil
		if err != nil && cmd.ProcessState.ExitCode() != 9 {
			t.Fatalf("%v: %s", err, out)
		}
		diff(t, "problems", 0, len(mustVerify(t, path).Problems))
		s := mustOpen(t, path, Options{ReadOnly: true})
		got, err := readContent(s)
		if len(got.Documents) == len(want.Documents) {
			ok(t, err)
			diff(t, "content", want, got)
		} else {
			diff(t, "documents of the new file", len(want.Documents)-3, len(got.Documents))
		}
		ok(t, s.Close())
		_, err = Compact(ctx, path, CompactOptions{})
		ok(t, err)
		entries, err := os.ReadDir(filepath.Dir(path))
		ok(t, err)
		diff(t, "files", 1, len(entries))
		if done && step < 6 {
			t.Errorf("only %d steps", step)
		}
	}
}
