//go:build native

package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"clipsearch/encode/checkpoint"
	"clipsearch/tune"
)

// trainHalves returns a household with pictures to learn from, and the arguments of a run of some seconds, all but --out.
func trainHalves(t *testing.T) (*household, []string) {
	t.Helper()
	h := newHousehold(t)
	data := halves(t, 4)
	h.env = append(h.env, "OMP_WAIT_POLICY=passive") // threads that spin for each other stand still beside other tests
	return h, []string{
		"tune", data, "--captions", filepath.Join(data, "captions.tsv"), "--from-scratch", "tiny", "--device", "cpu", "--precision", "f32",
		"--epochs", "10", "--batch", "16", "--quiet",
	}
}

// TestTuneDiskFull trains on a disk that holds one state of the run but not two: the first one stays whole, and once there is room
// the run goes on to what it would have come to.
func TestTuneDiskFull(t *testing.T) {
	h, args := trainHalves(t)
	straight := filepath.Join(h.dir, "straight")
	h.done(h.start(append(args, "--out", straight)...), exitOK)

	const state = 1 << 20 // bytes, a little less than a state and the best weights have
	disk := h.mount(state * 3 / 2)
	out := filepath.Join(disk, "out")
	full := h.done(h.start(append(args, "--out", out)...), exitFailed)
	h.says(full, "save the run: .*no space left on device")
	h.says(full, "--resume goes on")
	saved, err := tune.LastState(out + stateSuffix)
	if err != nil {
		t.Fatal(err)
	}
	wholeState(t, saved)
	if entries, err := os.ReadDir(out + stateSuffix); err != nil || len(entries) != 1 {
		t.Errorf("beside the state there are %v; %v", entries, err)
	}
	h.says(h.done(h.start(append(args, "--out", out, "--resume")...), exitFailed), "no space left on device")
	h.resize(disk, 64<<20)
	h.done(h.start(append(args, "--out", out, "--resume")...), exitOK)
	sameModel(t, straight, out)

	var left unix.Statfs_t
	if err := unix.Statfs(disk, &left); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(disk, "fill"), make([]byte, int64(left.Bfree)*left.Bsize-state/2), 0o600); err != nil {
		t.Fatal(err)
	}
	tight := filepath.Join(disk, "tight")
	none := h.done(h.start(append(args, "--out", tight)...), exitFailed)
	h.says(none, "no space left on device")
	if strings.Contains(none.stderr.String(), "--resume") {
		t.Errorf("nothing is saved, yet it says %s", none.stderr.String())
	}
}

// TestTuneKilled kills a run in the middle of saving its state, again and again; each time the state before stays whole, and the
// run ends where one that was left alone does.
func TestTuneKilled(t *testing.T) {
	h, args := trainHalves(t)
	straight, out := filepath.Join(h.dir, "straight"), filepath.Join(h.dir, "out")
	h.done(h.start(append(args, "--out", straight)...), exitOK)
	killed := 0
	for range 4 {
		run := args
		if _, err := tune.LastState(out + stateSuffix); err == nil {
			run = append(run[:len(run):len(run)], "--resume")
		}
		p := h.start(append(run[:len(run):len(run)], "--out", out)...)
		if !saving(out+stateSuffix, p.ended) {
			break
		}
		p.Process.Kill()
		<-p.ended
		killed++
		if saved, err := tune.LastState(out + stateSuffix); err == nil {
			wholeState(t, saved)
		}
	}
	if killed == 0 {
		t.Fatal("no save was met")
	}
	t.Logf("killed %d times", killed)
	if _, err := os.Stat(out); err != nil {
		run := args
		if _, err := tune.LastState(out + stateSuffix); err == nil {
			run = append(run[:len(run):len(run)], "--resume")
		}
		h.done(h.start(append(run[:len(run):len(run)], "--out", out)...), exitOK)
	}
	sameModel(t, straight, out)
}

// saving waits until a state is half-written; false if the process ended before.
func saving(folder string, ended <-chan struct{}) bool {
	for {
		halves, _ := filepath.Glob(filepath.Join(folder, ".step-*"))
		select {
		case <-ended:
			return false
		default:
		}
		if len(halves) > 0 {
			return true
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// wholeState checks that a saved state can be read.
func wholeState(t *testing.T, dir string) {
	t.Helper()
	for _, name := range []string{"state.safetensors", "best.safetensors"} {
		if all, err := checkpoint.ReadSafetensors(filepath.Join(dir, name)); err != nil || len(all) == 0 {
			t.Errorf("%s of %s: %v", name, dir, err)
		}
	}
	if data, err := os.ReadFile(filepath.Join(dir, "run.json")); err != nil || !bytes.HasSuffix(data, []byte("}")) {
		t.Errorf("run.json of %s: %v", dir, err)
	}
}

// sameModel checks that two runs came to the same weights, bit for bit.
func sameModel(t *testing.T, a, b string) {
	t.Helper()
	x, err := os.ReadFile(filepath.Join(a, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	y, err := os.ReadFile(filepath.Join(b, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(x, y) {
		t.Errorf("%s and %s have different weights", a, b)
	}
}
