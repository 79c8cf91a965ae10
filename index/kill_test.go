package index

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
)

// killEnv is "OPERATION FOLDER" for TestKillChild.
const killEnv = "CLIPSEARCH_INDEX_KILL"

// killKinds are what the killed process does to a library, in the order that a round does them.
var killKinds = []string{"index", "snapshot", "compact"}

// snapshotChunks is how many MiB a snapshot has, so that saving it takes two transactions.
const snapshotChunks = 9

// victim is a library that is killed while it is written, beside one that is not.
type victim struct {
	*tree
	file, reference string
	took            map[string]time.Duration // by the undisturbed library, last time
	kills           map[string]int           // by what was killed
	alone           int                      // processes that ended before they were killed
}

// TestKillWholeRuns kills processes that index folders, bring them in step with files that were changed, moved, copied and
// removed, save snapshots and compact: 200 times with CLIPSEARCH_SOAK=1, a tenth of that without. Each time the library
// must be whole; and what the killed process had been asked to do, done again, must make the library that an undisturbed
// one is.
func TestKillWholeRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; run without -short")
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dir := t.TempDir()
	v := &victim{
		tree: newTree(t, filepath.Join(dir, "pictures"), rand.New(rand.NewPCG(seed, 1))),
		file: filepath.Join(dir, "library"), reference: filepath.Join(dir, "reference"),
		took: map[string]time.Duration{}, kills: map[string]int{},
	}
	for want := share(200); v.killed() < want && !t.Failed(); {
		v.change()
		for _, kind := range killKinds {
			v.finish(v.reference, kind)
			for range v.attempts(kind) {
				v.kill(kind)
				v.checkWhole()
			}
			v.finish(v.file, kind)
			hidden := kind == "compact" // then there are none
			if diff := cmp.Diff(readAll(t, v.reference, hidden), readAll(t, v.file, hidden)); diff != "" {
				t.Fatalf("after %s (-undisturbed +killed):\n%s", kind, diff)
			}
		}
	}
	t.Logf("killed %v; %d ended before", v.kills, v.alone)
}

// attempts returns how often to kill an operation before it may finish: one goes on where the one before was killed, so
// that indexing gets there after a few.
func (v *victim) attempts(kind string) int {
	if kind == "index" {
		return 2 + v.rng.IntN(3)
	}
	return 1
}

func (v *victim) killed() (n int) {
	for _, k := range v.kills {
		n += k
	}
	return n
}

// finish does an operation undisturbed, in this process.
func (v *victim) finish(library, kind string) {
	v.t.Helper()
	began := time.Now()
	if err := operate(kind, library, v.folder, func() {}); err != nil {
		v.t.Fatal(err)
	}
	if library == v.reference {
		v.took[kind] = time.Since(began)
	}
}

// kill does an operation in a process that it kills somewhere in it.
func (v *victim) kill(kind string) {
	v.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
	cmd.Env = append(os.Environ(), killEnv+"="+kind+" "+v.file, killEnv+"_FOLDER="+v.folder)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		v.t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "begin" {
		v.t.Errorf("the child says %q", lines.Text())
	}
	after := time.Duration(v.rng.Float64() * float64(v.took[kind]))
	timer := time.AfterFunc(after, func() { cmd.Process.Kill() })
	defer timer.Stop()
	done := lines.Scan() && lines.Text() == "done"
	io.Copy(io.Discard, out)
	switch cmd.Wait(); {
	case done:
		v.alone++
	case cmd.ProcessState.Exited():
		v.t.Errorf("%s failed by itself: %s", kind, lines.Text())
	default:
		v.kills[kind]++
	}
}

// TestKillChild is the process that is killed.
func TestKillChild(t *testing.T) {
	var kind, library string
	if _, err := fmt.Sscan(os.Getenv(killEnv), &kind, &library); err != nil {
		t.Skip("run by TestKillWholeRuns in a process of its own")
	}
	if err := operate(kind, library, os.Getenv(killEnv+"_FOLDER"), func() { fmt.Println("begin") }); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("done")
}

// operate does one kind of thing to a library, which it makes if it is not there, and says when it begins.
func operate(kind, library, folder string, begin func()) (err error) {
	ctx := context.Background()
	if kind == "compact" {
		begin()
		_, err := store.Compact(ctx, library, store.CompactOptions{Timeout: 10 * time.Second})
		return err
	}
	st, err := store.Open(library, store.Options{Create: true, Timeout: 10 * time.Second})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	begin()
	if kind == "snapshot" {
		return st.SaveSnapshot(ctx, "noise", store.SnapshotInfo{Version: 1, Sequence: st.Sequence()}, func(w io.Writer) error {
			_, err := w.Write(snapshotContent(st.Sequence()))
			return err
		})
	}
	_, err = Run(ctx, st, Options{Dirs: []string{folder}, Encoder: &colours{}, Batch: 2})
	return err
}

// snapshotContent is what a snapshot as of a sequence number holds.
func snapshotContent(sequence uint64) []byte {
	content := make([]byte, snapshotChunks<<20+int(sequence))
	var seed [32]byte
	seed[0], seed[1] = byte(sequence), byte(sequence>>8)
	rand.NewChaCha8(seed).Read(content)
	return content
}

// checkWhole opens the library as the next process would, and wants nothing wrong and a snapshot that is what it says.
func (v *victim) checkWhole() {
	v.t.Helper()
	st, err := store.Open(v.file, store.Options{ReadOnly: true, Timeout: 10 * time.Second})
	if errors.Is(err, store.ErrNotFound) && v.killed() < len(killKinds) { // killed before there was anything
		return
	}
	if err != nil {
		v.t.Fatal(err)
	}
	defer st.Close()
	report, err := st.Verify(context.Background(), nil)
	if err != nil || !report.Clean() {
		v.t.Fatalf("verify: %v, %+v", err, report)
	}
	err = st.LoadSnapshot(context.Background(), "noise", func(info store.SnapshotInfo, r io.Reader) error {
		got, err := io.ReadAll(r)
		if err == nil && !bytes.Equal(got, snapshotContent(info.Sequence)) {
			err = fmt.Errorf("the snapshot of sequence %d has other content", info.Sequence)
		}
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNoSnapshot) {
		v.t.Fatal(err)
	}
}
