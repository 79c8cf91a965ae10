package text

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"clipsearch/index/store"
)

// counter counts the documents that an Open indexes.
type counter struct{ total int }

func (c *counter) options(readOnly bool) Options {
	c.total = 0
	return Options{ReadOnly: readOnly, Progress: func(_, total int) { c.total = total }}
}

// reopen opens the index and checks how many documents that took to index and
// that it finds what the store holds.
func checkOpen(t *testing.T, dir string, st *store.Store, readOnly bool, wantIndexed, wantFound int) {
	t.Helper()
	var c counter
	x, err := Open(ctx, dir, st, c.options(readOnly))
	ok(t, err)
	diff(t, "indexed", wantIndexed, c.total)
	diff(t, "found", wantFound, len(found(t, x, words("dog"))))
	ok(t, x.Close())
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "clipsearch-text-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// somePictures stores n documents that have "dog" in their captions.
func somePictures(t testing.TB, st *store.Store, n int) []store.ID {
	t.Helper()
	var entries []store.Entry
	for range n {
		entries = append(entries, entry(fmt.Sprintf("/p/%d.jpg", time.Now().UnixNano()), "a dog in a garden"))
		time.Sleep(time.Microsecond)
	}
	return put(t, st, entries...)
}

func privateTemp(t *testing.T) { t.Setenv("TMPDIR", t.TempDir()) }

func TestReopen(t *testing.T) {
	privateTemp(t)
	for _, readOnly := range []bool{false, true} {
		st, dir := newLibrary(t)
		checkOpen(t, dir, st, readOnly, 0, 0)
		somePictures(t, st, 30)
		checkOpen(t, dir, st, readOnly, 30, 30)
		if readOnly { // what is little stays in memory
			checkOpen(t, dir, st, readOnly, 30, 30)
			checkOpen(t, dir, st, false, 30, 30)
		}
		checkOpen(t, dir, st, readOnly, 0, 30)
		somePictures(t, st, 7)
		checkOpen(t, dir, st, false, 7, 37)
		checkOpen(t, dir, st, readOnly, 0, 37)
	}
}

// A reader that is far behind brings the folder up to date for all.
func TestReaderFarBehind(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	checkOpen(t, dir, st, false, 0, 0)
	ids := somePictures(t, st, 100)
	for i := range overlayLimit / len(ids) {
		tags := map[store.ID]store.Tags{}
		for _, id := range ids {
			tags[id] = store.Tags{All: []string{fmt.Sprint("tag", i)}}
		}
		ok(t, st.SetTags(ctx, tags))
	}
	checkOpen(t, dir, st, true, len(ids), len(ids))
	checkOpen(t, dir, st, true, 0, len(ids))
}

func TestUselessFolder(t *testing.T) {
	privateTemp(t)
	for name, spoil := range map[string]func(t *testing.T, dir string){
		"root.bolt empty":   func(t *testing.T, dir string) { overwrite(t, dir, "root.bolt", func([]byte) []byte { return nil }) },
		"root.bolt garbage": func(t *testing.T, dir string) { overwrite(t, dir, "root.bolt", noise) },
		"root.bolt cut": func(t *testing.T, dir string) {
			overwrite(t, dir, "root.bolt", func(b []byte) []byte { return b[:5000] })
		},
		"segment empty":   func(t *testing.T, dir string) { overwrite(t, dir, "*.zap", func([]byte) []byte { return nil }) },
		"segment garbage": func(t *testing.T, dir string) { overwrite(t, dir, "*.zap", noise) },
		"segment cut":     func(t *testing.T, dir string) { overwrite(t, dir, "*.zap", half) },
		"segment missing": func(t *testing.T, dir string) {
			for _, path := range glob(t, dir, "*.zap") {
				ok(t, os.Remove(path))
			}
		},
		"index is a file": func(t *testing.T, dir string) {
			ok(t, os.RemoveAll(indexDir(dir)))
			ok(t, os.WriteFile(indexDir(dir), nil, 0o600))
		},
		"another library": func(t *testing.T, dir string) {
			setState(t, dir, func(s *state) { s.Library = strings.Repeat("0", 32) })
		},
		"another layout": func(t *testing.T, dir string) { setState(t, dir, func(s *state) { s.Layout++ }) },
		"ahead":          func(t *testing.T, dir string) { setState(t, dir, func(s *state) { s.Sequence += 1000 }) },
	} {
		for _, readOnly := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", read only ", readOnly), func(t *testing.T) {
				st, dir := newLibrary(t)
				somePictures(t, st, 20)
				checkOpen(t, dir, st, false, 20, 20)
				spoil(t, dir)
				checkOpen(t, dir, st, readOnly, 20, 20)
				checkOpen(t, dir, st, readOnly, 0, 20)
			})
		}
	}
}

func glob(t *testing.T, dir, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(indexDir(dir), pattern))
	ok(t, err)
	if len(paths) == 0 {
		t.Fatalf("no %s", pattern)
	}
	return paths
}

func overwrite(t *testing.T, dir, pattern string, fn func([]byte) []byte) {
	t.Helper()
	for _, path := range glob(t, dir, pattern) {
		data, err := os.ReadFile(path)
		ok(t, err)
		ok(t, os.WriteFile(path, fn(data), 0o600))
	}
}

func noise(data []byte) []byte {
	for i := range data {
		data[i] = byte(i*i>>3 ^ i)
	}
	return data
}

func half(data []byte) []byte { return data[:len(data)/2] }

// setState changes the state that is in a folder.
func setState(t *testing.T, dir string, fn func(*state)) {
	t.Helper()
	e, err := openEngine(indexDir(dir), false)
	ok(t, err)
	next := e.state.clone()
	fn(&next)
	ok(t, e.scorch.SetInternal(stateKey, next.encode()))
	ok(t, e.apply(nil, next.Library, next.Sequence))
	if next.Layout != layout {
		ok(t, e.scorch.SetInternal(stateKey, next.encode()))
		time.Sleep(2 * napTime)
	}
	ok(t, e.flush(ctx))
	ok(t, e.close())
}

// Damage that shows only in a search: the index is rebuilt and the search answered.
func TestDamageFoundBySearch(t *testing.T) {
	privateTemp(t)
	for _, readOnly := range []bool{false, true} {
		st, dir := newLibrary(t)
		somePictures(t, st, 20)
		checkOpen(t, dir, st, false, 20, 20)
		x := mustOpen(t, dir, st, Options{ReadOnly: readOnly})
		for _, path := range glob(t, dir, "*.zap") {
			ok(t, os.Truncate(path, 100)) // page faults from here on
		}
		diff(t, "found", 20, len(found(t, x, words("dog"))))
		ok(t, x.Close())
		checkOpen(t, dir, st, readOnly, 0, 20)
	}
}

// A folder that cannot be used is replaced by a temporary one.
func TestTemporaryFolder(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	somePictures(t, st, 5)
	ok(t, os.MkdirAll(filepath.Dir(filepath.Dir(dir)), 0o700))
	ok(t, os.WriteFile(filepath.Dir(dir), nil, 0o600)) // a file where a folder should be
	for _, readOnly := range []bool{false, true} {
		checkOpen(t, dir, st, readOnly, 5, 5)
	}
}

// A disk that fills up while the index is open: it moves to a temporary folder.
func TestFolderFails(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	x := mustOpen(t, dir, st, Options{})
	somePictures(t, st, 5)
	ok(t, x.Sync(ctx))
	close(x.folder.closing) // so that failed doesn't wait
	x.folder.closing = make(chan struct{})
	go x.folder.failed(errors.New("no space left on device"), "")
	for x.folder.err() == nil {
		time.Sleep(time.Millisecond)
	}
	somePictures(t, st, 5)
	ok(t, x.Sync(ctx))
	diff(t, "temporary", true, x.folder.temporary)
	diff(t, "found", 10, len(found(t, x, words("dog"))))
	temp := x.folder.dir
	ok(t, x.Close())
	if _, err := os.Stat(temp); err == nil {
		t.Errorf("%s is left behind", temp)
	}
}

// Several readers share the folder; a writer beside them gets a temporary one soon
// instead of waiting for ever, and readers beside a writer too.
func TestSharing(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	somePictures(t, st, 20)
	checkOpen(t, dir, st, false, 20, 20)
	one := mustOpen(t, dir, st, Options{ReadOnly: true})
	two := mustOpen(t, dir, st, Options{ReadOnly: true})
	if one.folder.temporary || two.folder.temporary {
		t.Error("readers don't share the folder")
	}
	start := time.Now()
	writer := mustOpen(t, dir, st, Options{})
	if took := time.Since(start); took > 2*writeWait+10*time.Second || !writer.folder.temporary {
		t.Errorf("writer waited %v, temporary %v", took, writer.folder.temporary)
	}
	for _, x := range []*Index{one, two, writer} {
		diff(t, "found", 20, len(found(t, x, words("dog"))))
		ok(t, x.Close())
	}
	checkOpen(t, dir, st, true, 0, 20)
}

// childEnv makes TestReaderChild search the library and folder that it names.
const childEnv = "CLIPSEARCH_TEXT_CHILD"

func TestReaderChild(t *testing.T) {
	library, dir, found := strings.Cut(os.Getenv(childEnv), "|")
	if !found {
		t.Skip("run by TestProcesses in processes of its own")
	}
	st, err := store.Open(library, store.Options{ReadOnly: true, Timeout: time.Minute})
	ok(t, err)
	x, err := Open(ctx, dir, st, Options{ReadOnly: true})
	ok(t, err)
	m := find(t, x, words("dog"), 100, nil)
	fmt.Printf("found %d temporary %v\n", len(m), x.folder.temporary)
	os.Stdin.Read(make([]byte, 1)) // until the parent closes it
	ok(t, x.Close())
	ok(t, st.Close())
}

// Processes that read at once share one folder, whether it has to be built first or not.
func TestProcesses(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes; run without -short")
	}
	privateTemp(t)
	st, dir := newLibrary(t)
	somePictures(t, st, 50)
	library := st.Path()
	ok(t, st.Close())
	for round := range 2 {
		var wg sync.WaitGroup
		release := make(chan struct{})
		for range 4 {
			cmd := exec.Command(os.Args[0], "-test.run=^TestReaderChild$")
			cmd.Env = append(os.Environ(), childEnv+"="+library+"|"+dir)
			in, err := cmd.StdinPipe()
			ok(t, err)
			out, err := cmd.StdoutPipe()
			ok(t, err)
			ok(t, cmd.Start())
			lines := bufio.NewScanner(out)
			if !lines.Scan() || lines.Text() != "found 50 temporary false" {
				t.Errorf("round %d: %s", round, lines.Text())
			}
			wg.Go(func() {
				<-release
				in.Close()
				for lines.Scan() {
				}
				if err := cmd.Wait(); err != nil {
					t.Errorf("child: %v", err)
				}
			})
		}
		close(release)
		wg.Wait()
	}
}

// Searches and synchronisations at once, with the store being written.
func TestConcurrent(t *testing.T) {
	st, dir := newLibrary(t)
	x := mustOpen(t, dir, st, Options{})
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				m, err := x.Search(ctx, Query{Words: []string{"dog", "gard"}, Prefix: true}, 10, nil)
				if err != nil {
					t.Error(err)
				}
				for i := 1; i < len(m); i++ {
					if m[i].Score > m[i-1].Score {
						t.Errorf("out of order: %v", m)
					}
				}
				x.Len()
			}
		})
	}
	wg.Go(func() {
		for range 20 {
			if err := x.Sync(ctx); err != nil {
				t.Error(err)
			}
		}
	})
	for range 20 {
		ids := somePictures(t, st, 20)
		ok(t, st.Hide(ctx, ids[3]))
		ok(t, x.Sync(ctx))
	}
	close(done)
	wg.Wait()
	diff(t, "documents", 20*19, x.Len())
}

// Nothing runs on after Close.
func TestGoroutines(t *testing.T) {
	st, dir := newLibrary(t)
	somePictures(t, st, 5)
	before := runtime.NumGoroutine()
	for _, readOnly := range []bool{false, true} {
		x, err := Open(ctx, dir, st, Options{ReadOnly: readOnly})
		ok(t, err)
		find(t, x, words("dog"), 5, nil)
		ok(t, x.Close())
	}
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("goroutines left:\n%s", buf[:runtime.Stack(buf, true)])
		}
	}
}

// A process killed while it wrote leaves a folder that is brought up to date.
func TestCopyOfOldFolder(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	ids := somePictures(t, st, 20)
	checkOpen(t, dir, st, false, 20, 20)
	old := t.TempDir()
	ok(t, os.CopyFS(old, os.DirFS(dir)))
	ok(t, st.Hide(ctx, ids[:5]...))
	somePictures(t, st, 3)
	checkOpen(t, dir, st, false, 8, 18)
	checkOpen(t, old, st, false, 8, 18)
	checkOpen(t, old, st, true, 0, 18)
}

// A log whose beginning has been dropped is no hindrance: an index that has all it
// lacks goes on, one that doesn't starts anew from the documents.
func TestPrunedLog(t *testing.T) {
	privateTemp(t)
	st, dir := newLibrary(t)
	ids := somePictures(t, st, 30)
	behind := t.TempDir()
	checkOpen(t, behind, st, false, 30, 30)
	ok(t, st.Hide(ctx, ids[3]))
	checkOpen(t, dir, st, false, 30, 29)
	path := st.Path()
	ok(t, st.Close())
	_, err := store.Compact(ctx, path, store.CompactOptions{})
	ok(t, err)
	st, err = store.Open(path, store.Options{})
	ok(t, err)
	t.Cleanup(func() { st.Close() })
	checkOpen(t, dir, st, false, 1, 29) // the change that forgets
	checkOpen(t, behind, st, true, 29, 29)
	checkOpen(t, t.TempDir(), st, false, 29, 29)
}
