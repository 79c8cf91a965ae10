package tune

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"clipsearch/encode/checkpoint"
)

// A run keeps its state in a folder, in one folder each time that it is saved: step-N-V, after N steps and V validations. Each
// appears whole, and the one before it is removed afterwards. It holds
//
//	state.safetensors  the trainer's state
//	best.safetensors   the best weights; not there before the first validation
//	run.json           a record
//
// formatVersion is the number of this layout. Version 1 had step-N and no terms.
const formatVersion = 2

// record is run.json.
type record struct {
	Version  int     `json:"version"`
	Plan     Plan    `json:"plan"`
	Terms    Terms   `json:"terms"`
	Step     int     `json:"step"`
	Best     float64 `json:"best"`
	Patience int     `json:"patience"` // validations left
	Loss     float64 `json:"loss"`     // summed since the last validation
	Losses   int     `json:"losses"`
	Micro    int     `json:"micro"`
	History
}

// ErrNoState says that a folder holds no state to go on from.
var ErrNoState = errors.New("no saved state of a run")

// ErrOtherRun says that a saved run had another plan or other terms than the one that wants to go on with it.
var ErrOtherRun = errors.New("the saved run had other settings")

// save writes the state, if the run keeps one.
func (l *loop) save(ctx context.Context) error {
	if l.Folder == "" {
		return nil
	}
	began := time.Now()
	defer func() { l.saved, l.saving = time.Now(), time.Since(began) }()
	steps, state, err := l.Trainer.State(ctx)
	if err != nil {
		return err
	}
	if int(steps) != l.step { // the last step was begun and given up
		return fmt.Errorf("save the run: the trainer did %d steps, not %d", steps, l.step)
	}
	name := fmt.Sprintf("step-%d-%d", l.step, len(l.result.Measurements))
	if _, err := os.Stat(filepath.Join(l.Folder, name)); err == nil {
		return nil // steps and validations are all that changes a run, so it is this one
	}
	temp := filepath.Join(l.Folder, "."+name)
	if err := l.write(temp, state); err != nil {
		return errors.Join(fmt.Errorf("save the run: %w", err), os.RemoveAll(temp))
	}
	if err := os.Rename(temp, filepath.Join(l.Folder, name)); err != nil {
		return err
	}
	if err := syncPath(l.Folder); err != nil { // what is removed next must not be all that a power loss leaves
		return err
	}
	return removeOthers(l.Folder, name)
}

// syncPath brings a file's content, or a folder's names, to the disk.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// write fills the folder of a state.
func (l *loop) write(dir string, state Weights) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := checkpoint.WriteSafetensors(filepath.Join(dir, "state.safetensors"), state, nil); err != nil {
		return err
	}
	if l.result.Best != nil {
		if err := checkpoint.WriteSafetensors(filepath.Join(dir, "best.safetensors"), l.result.Best, nil); err != nil {
			return err
		}
	}
	data, err := json.Marshal(record{
		Version: formatVersion, Plan: l.Plan, Terms: l.Terms, Step: l.step, Best: l.best, Patience: l.patience,
		Loss: l.loss, Losses: l.losses, Micro: l.result.Micro, History: l.result.History,
	})
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "run.json")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		return err
	}
	return errors.Join(syncPath(path), syncPath(dir))
}

// removeOthers removes all states of a folder but one.
func removeOthers(folder, but string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if name := strings.TrimPrefix(e.Name(), "."); e.Name() != but && strings.HasPrefix(name, "step-") {
			err = errors.Join(err, os.RemoveAll(filepath.Join(folder, e.Name())))
		}
	}
	return err
}

// LastState returns the folder of the latest state in a run's folder; ErrNoState if there is none.
func LastState(folder string) (string, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	last, latest := "", [2]int{-1, -1}
	for _, e := range entries {
		var at [2]int // steps, validations
		if n, _ := fmt.Sscanf(e.Name(), "step-%d-%d", &at[0], &at[1]); n == 2 && slices.Compare(at[:], latest[:]) > 0 {
			last, latest = e.Name(), at
		}
	}
	if last == "" {
		return "", fmt.Errorf("%s: %w", folder, ErrNoState)
	}
	return filepath.Join(folder, last), nil
}

// restore goes on from the latest state.
func (l *loop) restore(ctx context.Context) error {
	dir, err := LastState(l.Folder)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(filepath.Join(dir, "run.json"))
	if err != nil {
		return err
	}
	var r record
	if err := json.Unmarshal(data, &r); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, "run.json"), err)
	}
	if r.Version != formatVersion {
		return fmt.Errorf("%s: saved by another version of the program (%d, this one reads %d)", dir, r.Version, formatVersion)
	}
	r.Plan.Limit = l.Plan.Limit
	if others := append(r.Plan.differences(l.Plan), r.Terms.differences(l.Terms)...); len(others) > 0 {
		return fmt.Errorf("%s: %w: %s", l.Folder, ErrOtherRun, strings.Join(others, ", "))
	}
	state, err := checkpoint.ReadSafetensors(filepath.Join(dir, "state.safetensors"))
	if err != nil {
		return err
	}
	if err := l.Trainer.Restore(ctx, int64(r.Step), state); err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "best.safetensors")); err == nil {
		if l.result.Best, err = checkpoint.ReadSafetensors(filepath.Join(dir, "best.safetensors")); err != nil {
			return err
		}
	}
	l.step, l.start, l.best, l.patience = r.Step, r.Step, r.Best, r.Patience
	l.loss, l.losses, l.result.Micro, l.result.History = r.Loss, r.Losses, r.Micro, r.History
	return nil
}
