package text

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"clipsearch/index/store"
)

// SnapshotName is the name under which a store keeps what Save writes.
const SnapshotName = "text"

const (
	// snapshotVersion changes with what is in the folder and with how it is packed.
	snapshotVersion = layout<<8 | packing
	// saveFrom is how many changes a snapshot may be behind: indexing them again takes
	// half a second. Of a large library it may be a tenth behind.
	saveFrom = 2000
	// restoreFrom is how many changes a folder must be behind for a newer snapshot to
	// be better than reading them again.
	restoreFrom = 20_000
)

// Save puts the index into the library file, so that a copy of the file opens without
// reading all captions again. It does nothing if what is there is new enough, or if there is
// too little to be worth the space. The store must be writable.
func (x *Index) Save(ctx context.Context) error {
	if err := x.Wait(ctx); err != nil {
		return err
	}
	x.syncing.Lock()
	defer x.syncing.Unlock()
	f := x.current()
	if f == nil {
		return ErrClosed
	}
	if err := x.save(ctx, f); err != nil {
		return fmt.Errorf("save caption index: %w", err)
	}
	return nil
}

func (x *Index) save(ctx context.Context, f *folder) error {
	saved, err := x.saved()
	if err != nil {
		return err
	}
	if f.state.Sequence-saved < max(saveFrom, uint64(f.state.Fields[fieldName].Documents/10)) {
		return nil
	}
	if err := f.flush(ctx); err != nil { // so that the files are complete
		return err
	}
	info := store.SnapshotInfo{Version: snapshotVersion, Sequence: f.state.Sequence}
	return x.st.SaveSnapshot(ctx, SnapshotName, info, f.pack)
}

// saved returns the sequence of the usable snapshot in the library file, 0 if there is none.
func (x *Index) saved() (uint64, error) {
	list, err := x.st.Snapshots()
	if err != nil {
		return 0, err
	}
	for _, s := range list {
		if s.Name == SnapshotName && s.Version == snapshotVersion && x.st.Pruned() <= s.Sequence && s.Sequence <= x.st.Sequence() {
			return s.Sequence, nil
		}
	}
	return 0, nil
}

// restore replaces what is in dir by the snapshot. The folder that comes of it is
// whole, or is not there.
func (x *Index) restore(ctx context.Context, dir string) error {
	if err := discard(dir); err != nil {
		return err
	}
	fresh := filepath.Join(dir, "restoring")
	if err := os.RemoveAll(fresh); err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	err := x.st.LoadSnapshot(ctx, SnapshotName, func(info store.SnapshotInfo, r io.Reader) error {
		if info.Version != snapshotVersion {
			return fmt.Errorf("%w: version %d", errPacked, info.Version)
		}
		return unpack(ctx, r, fresh, info.Bytes)
	})
	if err != nil {
		return err
	}
	for _, mark := range []string{originPath(dir), trialPath(dir)} {
		if err := os.WriteFile(mark, nil, 0o600); err != nil {
			return err
		}
	}
	return os.Rename(fresh, indexDir(dir))
}

// originPath is where a file tells that the folder came from the snapshot. If such a
// folder turns out to be damaged, the snapshot is, and restoring it again would not help.
func originPath(dir string) string { return filepath.Join(dir, "restored") }

// fromSnapshot reports whether the folder was restored.
func fromSnapshot(dir string) bool {
	_, err := os.Stat(originPath(dir))
	return err == nil
}

// trialPath is where a file tells that nobody has closed the folder since it was restored. Whoever finds it, and that nobody
// uses the folder, knows that a process has died of it, or beside it. The snapshot may have come with a stranger's library,
// and segments whose numbers ask for more memory than there is end a process as nothing else in them can (see guard).
func trialPath(dir string) string { return filepath.Join(dir, "trial") }

// onTrial reports whether a restored folder was never closed.
func onTrial(dir string) bool {
	_, err := os.Stat(trialPath(dir))
	return err == nil && fromSnapshot(dir)
}

// discard removes an index.
func discard(dir string) error {
	return errors.Join(os.RemoveAll(indexDir(dir)), os.RemoveAll(originPath(dir)), os.RemoveAll(trialPath(dir)))
}
