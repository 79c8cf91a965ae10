//go:build unix

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"clipsearch/encode/encodetest"
	"clipsearch/index"
	"clipsearch/index/store"
	"clipsearch/search"
)

// tooLong is when a test gives up on a process. The native program takes seconds to start where others use the machine.
const tooLong = 3 * time.Minute

// household is a library with processes that use it at the same time.
type household struct {
	t   *testing.T
	dir string
	env []string
}

// newHousehold makes a folder red of two pictures, with captions, and indexes it.
func newHousehold(t *testing.T) *household {
	t.Helper()
	runtime, err := os.MkdirTemp("", "ho") // short: a socket's address has 103 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(runtime) })
	h := &household{t: t, dir: t.TempDir()}
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); !strings.HasPrefix(name, "CLIPSEARCH_") && !strings.HasPrefix(name, "XDG_") && name != "HOME" {
			h.env = append(h.env, variable)
		}
	}
	h.env = append(h.env, "HOME="+h.dir, "XDG_RUNTIME_DIR="+runtime)
	h.pictures("red", 2)
	h.done(h.start("index", "red"), exitOK)
	return h
}

// pictures makes a folder of n captioned pictures, all different; the captions say the folder's name.
func (h *household) pictures(name string, n int) {
	h.t.Helper()
	for i := range n {
		colour, _ := colours(name)                            // else black
		colour.B += uint8(len(name) + int(name[len(name)-1])) // no two folders share a picture
		var data bytes.Buffer
		path := filepath.Join(h.dir, name, fmt.Sprint(i, ".png"))
		if err := errors.Join(
			png.Encode(&data, solid(8+i%50, 8+i/50, colour)),
			os.MkdirAll(filepath.Dir(path), 0o755),
			os.WriteFile(path, data.Bytes(), 0o644),
			os.WriteFile(strings.TrimSuffix(path, "png")+"txt", []byte("all "+name), 0o644),
		); err != nil {
			h.t.Fatal(err)
		}
	}
}

// process is a run of the program.
type process struct {
	*exec.Cmd
	stdout, stderr notebook
	ended          chan struct{}
}

// notebook is a buffer that may be read while it is written.
type notebook struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (n *notebook) Write(p []byte) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.Write(p)
}

func (n *notebook) String() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.b.String()
}

// start starts the program in the household's folder; the test's end kills it.
func (h *household) start(args ...string) *process {
	h.t.Helper()
	return h.startIn(h.env, args...)
}

// startIn is start with another environment.
func (h *household) startIn(env []string, args ...string) *process {
	h.t.Helper()
	p := &process{Cmd: exec.Command("clipsearch", args...), ended: make(chan struct{})}
	p.Dir, p.Env, p.Stdout, p.Stderr = h.dir, env, &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() { p.Wait(); close(p.ended) }()
	h.t.Cleanup(func() { p.Process.Kill(); <-p.ended })
	return p
}

// done waits for the end of a process and checks its exit code.
func (h *household) done(p *process, want int) *process {
	h.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(tooLong):
		h.t.Fatalf("clipsearch %q does not end\n%s", p.Args[1:], p.stderr.String())
	}
	if got := p.ProcessState.ExitCode(); got != want {
		h.t.Fatalf("clipsearch %q: exit code %d, want %d\n%s%s", p.Args[1:], got, want, p.stdout.String(), p.stderr.String())
	}
	return p
}

// finds checks how many pictures a search for a word lists.
func (h *household) finds(word string, want int) {
	h.t.Helper()
	p := h.done(h.start("search", "--mode", "text", "--paths", "-k", "10000", "--", word), exitOK)
	if got := strings.Count(p.stdout.String(), "\n"); got != want {
		h.t.Errorf("a search for %q finds %d pictures, want %d", word, got, want)
	}
}

// busy starts an index run on a folder, which stops once it has matched its captions, until goOn is called. The run holds the
// library when busy returns.
func (h *household) busy(folder string) (run *process, goOn func()) {
	h.t.Helper()
	pipe := filepath.Join(h.dir, folder+".pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		h.t.Fatal(err)
	}
	table := folder + ".tsv"
	if err := os.WriteFile(filepath.Join(h.dir, table), []byte("0.png\tby the table\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	run = h.startIn(slices.Concat(h.env, []string{"HOLD=" + pipe}), "index", folder, "--captions", table)
	opened := make(chan *os.File)
	go func() {
		file, err := os.OpenFile(pipe, os.O_WRONLY, 0) // waits for the reader
		if err == nil {
			opened <- file
		}
	}()
	select {
	case file := <-opened:
		h.t.Cleanup(func() { file.Close() }) // until then it must not be collected, which would close it
		return run, func() { file.Close() }
	case <-run.ended:
		h.t.Fatalf("index has ended\n%s", run.stderr.String())
	case <-time.After(tooLong):
		h.t.Fatal("index does not match its captions")
	}
	return nil, nil
}

// says waits until a process has printed something to stderr, and returns it.
func (h *household) says(p *process, pattern string) string {
	h.t.Helper()
	expression := regexp.MustCompile(pattern)
	for begun := time.Now(); time.Since(begun) < tooLong; time.Sleep(5 * time.Millisecond) {
		if found := expression.FindString(p.stderr.String()); found != "" {
			return found
		}
	}
	h.t.Fatalf("clipsearch %q does not say %s\n%s", p.Args[1:], pattern, p.stderr.String())
	return ""
}

// TestWhileIndexing runs every command beside an index run.
func TestWhileIndexing(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	h.pictures("blue", 4)
	run, goOn := h.busy("green")

	h.finds("red", 2)
	h.finds("green", 0)
	stats := h.done(h.start("stats", "--json"), exitOK)
	var counts struct{ Documents int }
	if err := json.Unmarshal([]byte(stats.stdout.String()), &counts); err != nil || counts.Documents != 2 {
		t.Errorf("stats: %+v, %v", counts, err)
	}
	h.done(h.start("export", "out"), exitOK)
	if _, err := os.Stat(filepath.Join(h.dir, "out", "documents.jsonl")); err != nil {
		t.Errorf("export into a relative folder: %v", err)
	}
	h.done(h.start("search", "--mode", "nonsense", "x"), exitUsage)
	for _, args := range [][]string{{"import", "out"}, {"compact"}, {"verify"}} {
		begun := time.Now()
		refused := h.done(h.start(args...), exitInUse)
		if took := time.Since(begun); took < patience*9/10 { // bbolt gives up up to 50 ms early
			t.Errorf("%s gives up after %v", args, took)
		}
		if want := fmt.Sprintf("library in use by index (pid %d)", run.Process.Pid); !strings.Contains(refused.stderr.String(), want) {
			t.Errorf("%s says %q, want %q", args, refused.stderr.String(), want)
		}
	}
	if doctor := h.start("doctor"); true {
		<-doctor.ended
		if want := fmt.Sprintf("ok *library *library in use by index .pid %d", run.Process.Pid); !regexp.MustCompile(want).MatchString(doctor.stdout.String()) {
			t.Errorf("doctor says %s", doctor.stdout.String())
		}
	}

	second := h.start("index", "blue", "--json")
	h.says(second, "waiting for another run")
	goOn()
	h.done(run, exitOK)
	h.done(second, exitOK)
	if n := strings.Count(second.stdout.String(), "\n"); n != 1 || !strings.Contains(second.stdout.String(), `"added":4`) {
		t.Errorf("the second run prints %q", second.stdout.String())
	}
	h.finds("green", 3)
	h.finds("table", 1)
	h.finds("blue", 4)
}

// TestCancelHandedOver interrupts a run that waits for its turn in another process.
func TestCancelHandedOver(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	run, goOn := h.busy("green")
	second := h.start("index", "red")
	h.says(second, "waiting for another run")
	if err := second.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	h.done(second, exitInterrupted) // while the run that it waited for goes on
	goOn()
	h.done(run, exitOK)
}

// TestKilledHost kills the process that has the library: the next command works at once, and what it was doing for others
// they do themselves.
func TestKilledHost(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	h.pictures("blue", 4)
	run, _ := h.busy("green")
	begun := time.Now()
	h.finds("red", 2)
	before := time.Since(begun)
	second := h.start("index", "blue")
	h.says(second, "waiting for another run")
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-run.ended
	begun = time.Now()
	h.finds("red", 2)
	if took := time.Since(begun); took > 3*before+patience/2 {
		t.Errorf("after the host's death a search takes %v, before it %v", took, before)
	}
	h.done(second, exitOK)
	h.finds("blue", 4)
	h.finds("green", 0)
}

// TestStoppedHost meets a process that has the library and does not answer.
func TestStoppedHost(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	run, goOn := h.busy("green")
	if err := run.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	h.done(h.start("version"), exitOK)
	starting := time.Since(begun)
	for _, args := range [][]string{{"search", "red"}, {"index", "red"}, {"stats"}} {
		begun := time.Now()
		p := h.done(h.start(args...), exitInUse)
		if took := time.Since(begun); took < patience || took > 2*patience+3*starting {
			t.Errorf("%q gives up after %v", args, took)
		}
		if want := fmt.Sprintf("library in use by index (pid %d), which does not answer", run.Process.Pid); !strings.Contains(p.stderr.String(), want) {
			t.Errorf("%q says %q, want %q", args, p.stderr.String(), want)
		}
	}
	if err := run.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	h.finds("red", 2)
	goOn()
	h.done(run, exitOK)
}

// TestIndexTogether starts several runs at once, time and again: all complete, whoever comes first.
func TestIndexTogether(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	const rounds, together = 3, 3
	for round := range rounds {
		var runs []*process
		for i := range together {
			name := fmt.Sprintf("folder%c%c", 'a'+round, 'a'+i)
			h.pictures(name, 3)
			runs = append(runs, h.start("index", name))
		}
		for i, run := range runs {
			h.done(run, exitOK)
			h.finds(fmt.Sprintf("folder%c%c", 'a'+round, 'a'+i), 3)
		}
	}
	h.finds("all", 2+3*rounds*together)
}

// hits asks a served page's API for a word.
func (h *household) hits(address, word string) int {
	h.t.Helper()
	answer, err := http.Get(address + "api/v1/search?mode=text&q=" + word)
	if err != nil {
		h.t.Error(err)
		return 0
	}
	defer answer.Body.Close()
	var result struct{ Hits []search.Hit }
	if err := json.NewDecoder(answer.Body).Decode(&result); err != nil {
		h.t.Errorf("%s: %v", answer.Status, err)
	}
	return len(result.Hits)
}

// stop interrupts a server.
func (h *household) stop(p *process) {
	h.t.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		h.t.Fatal(err)
	}
	h.done(p, exitOK)
}

const addressPattern = `http://\S+/`

// TestServeFirst indexes and searches what is being served.
func TestServeFirst(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	server := h.start("serve", "--listen", "127.0.0.1:0")
	address := h.says(server, addressPattern)
	h.finds("red", 2)
	h.done(h.start("index", "green"), exitOK)
	if n := h.hits(address, "green"); n != 3 {
		t.Errorf("the page finds %d green pictures", n)
	}
	h.finds("green", 3)
	second := h.start("serve", "--listen", "127.0.0.1:0")
	h.says(second, addressPattern)
	h.stop(server)
	for begun := time.Now(); ; time.Sleep(10 * time.Millisecond) { // the second takes the library over
		if addresses := regexp.MustCompile(addressPattern).FindAllString(second.stderr.String(), -1); len(addresses) > 1 {
			address = addresses[1]
			break
		} else if time.Since(begun) > tooLong {
			t.Fatalf("the second server does not go on\n%s", second.stderr.String())
		}
	}
	if n := h.hits(address, "green"); n != 3 {
		t.Errorf("the second page finds %d green pictures", n)
	}
	h.stop(second)
	h.finds("green", 3)
}

// TestServeWhileIndexing serves what is being indexed.
func TestServeWhileIndexing(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	run, goOn := h.busy("green")
	server := h.start("serve", "--listen", "127.0.0.1:0")
	if n := h.hits(h.says(server, addressPattern), "red"); n != 2 {
		t.Errorf("the page finds %d red pictures", n)
	}
	goOn()
	h.done(run, exitOK)
	h.says(server, `(?s)http:.*http:`)
	h.finds("green", 3)
	h.stop(server)
}

// TestReaderDelaysWriter holds the library for reading for too long.
func TestReaderDelaysWriter(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	getenv := h.getenv
	p := Process{Args: []string{"export"}, Getenv: getenv, Stdout: io.Discard, Stderr: io.Discard}
	lib, err := openLibrary(t.Context(), p, "", reading)
	if err != nil {
		t.Fatal(err)
	}
	h.finds("red", 2)
	refused := h.done(h.start("index", "red"), exitInUse)
	if want := fmt.Sprintf("library in use by export (pid %d)", os.Getpid()); !strings.Contains(refused.stderr.String(), want) {
		t.Errorf("index says %q, want %q", refused.stderr.String(), want)
	}
	late := h.start("index", "red")
	time.Sleep(patience / 4)
	if err := lib.Close(); err != nil {
		t.Fatal(err)
	}
	h.done(late, exitOK)
}

// TestOtherVersion meets a host of another version.
func TestOtherVersion(t *testing.T) {
	h := newHousehold(t)
	p := Process{Args: []string{"index"}, Getenv: h.getenv, Stdout: io.Discard, Stderr: io.Discard}
	defer func(v string) { version = v }(version)
	version = "v9"
	lib, err := openLibrary(t.Context(), p, "", indexing)
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	refused := h.done(h.start("search", "red"), exitInUse)
	if want := fmt.Sprintf("library in use by index (pid %d), it is clipsearch v9, this is dev", os.Getpid()); !strings.Contains(refused.stderr.String(), want) {
		t.Errorf("search says %q, want %q", refused.stderr.String(), want)
	}
}

// getenv is the household's environment for a command in this process.
func (h *household) getenv(name string) string {
	for _, variable := range slices.Backward(h.env) {
		if value, ok := strings.CutPrefix(variable, name+"="); ok {
			return value
		}
	}
	return ""
}

// gated is an encoder whose first batch goes through and whose others wait.
type gated struct {
	encodetest.Encoder
	batches int
	open    chan struct{}
}

func (g *gated) Model() store.Model { return store.Model{ID: g.ID(), Dims: g.Dims()} }

func (g *gated) EncodePixels(ctx context.Context, inputs [][]uint8) ([][]float32, error) {
	if g.batches++; g.batches > 1 {
		<-g.open
	}
	return g.Encoder.EncodePixels(ctx, inputs)
}

// TestSeesFinishedBatches searches by words and by stored vectors in the middle of a run.
func TestSeesFinishedBatches(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 8)
	p := Process{Args: []string{"index"}, Getenv: h.getenv, Stdout: io.Discard, Stderr: io.Discard}
	lib, err := openLibrary(t.Context(), p, "", indexing)
	if err != nil {
		t.Fatal(err)
	}
	encoder := &gated{open: make(chan struct{})}
	ended := make(chan error)
	go func() {
		_, err := index.Run(t.Context(), lib.store, index.Options{
			Dirs: []string{filepath.Join(h.dir, "green")}, Batch: 4, Workers: 1, Encoder: encoder, Followers: []index.Follower{lib},
		})
		ended <- err
	}()
	found := func(args ...string) int {
		return strings.Count(h.done(h.start(append([]string{"search", "--paths"}, args...)...), exitOK).stdout.String(), "\n")
	}
	for begun := time.Now(); found("--mode", "text", "green") != 4; time.Sleep(10 * time.Millisecond) {
		if time.Since(begun) > tooLong {
			t.Fatal("the finished batch does not appear")
		}
	}
	if n := found("--mode", "vector", "--like", "3"); n != 4 { // 1 and 2 are the red ones, without vectors
		t.Errorf("of the first batch %d are like one of them, want 4", n)
	}
	close(encoder.open)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if n := found("--mode", "vector", "--like", "3"); n != 8 {
		t.Errorf("after the run %d are like one of them, want 8", n)
	}
	h.finds("green", 8)
	if err := lib.Close(); err != nil {
		t.Fatal(err)
	}
	h.finds("green", 8)
}
