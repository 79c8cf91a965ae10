package store

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// crashEnv, if set, makes TestCrashChild write to the library at its value until it is killed.
const crashEnv = "CLIPSEARCH_STORE_CRASH"

// crashBatch is the number of documents a batch.
const crashBatch = 20

func TestCrashChild(t *testing.T) {
	path := os.Getenv(crashEnv)
	if path == "" {
		t.Skip("run by TestKill in a process of its own")
	}
	s, err := Open(path, Options{Create: true, Timeout: 10 * time.Second})
	ok(t, err)
	ok(t, s.SetModel(ctx, Model{ID: "clip-test", Dims: 4}))
	for batch := int(s.Sequence()) / crashBatch; ; batch++ {
		switch batch % 8 {
		case 3:
			ok(t, save(s, "n", SnapshotInfo{Sequence: s.Sequence()}, crashSnapshot(s.Sequence())))
		case 6:
			ok(t, s.Close())
			_, err := Compact(ctx, path, CompactOptions{})
			ok(t, err)
			s, err = Open(path, Options{})
			ok(t, err)
		}
		var entries []Entry
		for i := range crashBatch {
			entries = append(entries, crashEntry(batch, i))
		}
		_, err := s.Put(ctx, entries)
		ok(t, err)
		fmt.Printf("stored %d\n", batch+1)
	}
}

func crashEntry(batch, i int) Entry {
	e := fullEntry(fmt.Sprintf("/p/%d/%d", batch, i))
	e.Vector[0] = float32(batch*crashBatch + i)
	e.Thumb = []byte(strings.Repeat("x", 2000))
	return e
}

// crashSnapshot is the content of the snapshot as of a sequence number: a few chunks.
func crashSnapshot(sequence uint64) []byte { return noise(3<<20 + int(sequence)) }

// A writer killed at any moment, snapshots and compacting included, leaves a library
// that opens, has nothing wrong, and holds every batch that was finished, each whole.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; run without -short")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 4))
	path := ""
	for round := range flips() / 5 {
		if round%20 == 0 { // a new one, as checking takes longer the more there is
			path = filepath.Join(t.TempDir(), "l")
		}
		told := runAndKill(t, path, time.Duration(rng.IntN(200))*time.Millisecond)
		s, err := Open(path, Options{Timeout: 10 * time.Second})
		if errors.Is(err, ErrNotFound) && told == 0 {
			continue
		}
		ok(t, err)
		checkBatches(t, s, told)
		checkCrashed(t, s)
		ok(t, s.Close())
	}
}

// checkCrashed checks the whole file, and that a snapshot is the one it says it is.
func checkCrashed(t *testing.T, s *Store) {
	t.Helper()
	report, err := s.Verify(ctx, nil)
	ok(t, err)
	diff(t, "problems", 0, len(report.Problems))
	list, err := s.Snapshots()
	ok(t, err)
	for _, sn := range list {
		checkSnapshot(t, s, sn.Name, sn.SnapshotInfo, crashSnapshot(sn.Sequence))
	}
}

// runAndKill starts a writer, kills it some time after its first batch, and returns
// how many batches it said it had finished.
func runAndKill(t *testing.T, path string, after time.Duration) (told int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestCrashChild$")
	cmd.Env = append(os.Environ(), crashEnv+"="+path)
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	lines := bufio.NewScanner(out)
	killed := false
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "stored %d", &told); err != nil {
			t.Errorf("child: %s", lines.Text())
		}
		if !killed {
			killed = true
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended by itself")
	}
	return told
}

func checkBatches(t *testing.T, s *Store, told int) {
	t.Helper()
	stored := int(s.Sequence()) / crashBatch
	if stored < told || stored > told+1 {
		t.Fatalf("%d batches stored, the writer said %d", stored, told)
	}
	st, err := s.Stats(ctx)
	ok(t, err)
	diff(t, "documents", stored*crashBatch, st.Documents)
	n := 0
	ok(t, s.EachHalf(ctx, func(id ID, _ []uint16) error {
		batch, i := int(id-1)/crashBatch, int(id-1)%crashBatch
		want := crashEntry(batch, i)
		got, err := readTruth(s, id)
		ok(t, err)
		want.Document.ID, want.Document.Indexed = id, got.Record.Document.Indexed
		diff(t, "record", Record{want.Document, want.Captions}, got.Record)
		diff(t, "thumb", want.Thumb, got.Thumb)
		n++
		return nil
	}))
	diff(t, "vectors", stored*crashBatch, n)
	t.Logf("killed after batch %d, found %d", told, stored)
}
