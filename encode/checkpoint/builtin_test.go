package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// carrying returns places with a carried model of that seed and a folder to unpack it into.
func carrying(t *testing.T, seed uint64) Places {
	t.Helper()
	dir := written(t, opened(t, created(t, seed, F32)), WriteOptions{DType: Int8, Files: map[string][]byte{"README.md": []byte("card")}})
	return Places{Carried: os.DirFS(dir), Unpacked: filepath.Join(t.TempDir(), "builtin")}
}

func TestBuiltin(t *testing.T) {
	t.Chdir(t.TempDir())
	places := carrying(t, 1)
	listed, err := List(places)
	if err != nil || len(listed) != 1 || listed[0].Name != BuiltinName || listed[0].Source != Builtin {
		t.Fatalf("list %v, %v", listed, err)
	}
	if exists(places.Unpacked) {
		t.Error("listing unpacks")
	}
	dir, err := Resolve(BuiltinName, places)
	if err != nil {
		t.Fatal(err)
	}
	if dir != listed[0].Dir || filepath.Dir(dir) != places.Unpacked {
		t.Errorf("unpacked to %s, listed in %s", dir, listed[0].Dir)
	}
	c := opened(t, dir)
	if err := c.VerifyFiles(t.Context()); err != nil {
		t.Error(err)
	}
	if string(readFile(t, filepath.Join(dir, "README.md"))) != "card" {
		t.Error("the card is not there")
	}
	if !places.IsBuiltin(c.ID) || places.IsBuiltin("clip-0") || places.IsBuiltin("") {
		t.Error("IsBuiltin is wrong")
	}
	// A second time nothing is written.
	before, err := os.Stat(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Resolve(BuiltinName, places); err != nil || again != dir {
		t.Errorf("again: %s, %v", again, err)
	}
	if after, err := os.Stat(filepath.Join(dir, "model.safetensors")); err != nil || !os.SameFile(before, after) {
		t.Errorf("unpacked twice: %v", err)
	}
	// Another program's model does not take its place.
	other := carrying(t, 2)
	other.Unpacked = places.Unpacked
	if second, err := Resolve(BuiltinName, other); err != nil || second == dir {
		t.Errorf("another model: %s, %v", second, err)
	}
	if other.IsBuiltin(c.ID) {
		t.Error("the other program takes the first one's model for its own")
	}
}

func TestNoBuiltin(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, places := range map[string]Places{"none": {Unpacked: t.TempDir()}, "no folder": {Carried: os.DirFS(t.TempDir())}} {
		if _, err := Resolve(BuiltinName, places); !errors.Is(err, ErrNoBuiltin) {
			t.Errorf("%s: %v", name, err)
		}
		if listed, err := List(places); err != nil || len(listed) > 0 {
			t.Errorf("%s: list %v, %v", name, listed, err)
		}
	}
	broken := Places{Carried: os.DirFS(copyFiles(t, created(t, 1, F32), configFile)), Unpacked: filepath.Join(t.TempDir(), "builtin")}
	if _, err := Resolve(BuiltinName, broken); !errors.Is(err, ErrNotCheckpoint) {
		t.Errorf("broken: %v", err)
	}
	if left, _ := os.ReadDir(broken.Unpacked); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestResolveID: recorded models are not opened, others are; what is broken is passed over.
func TestResolveID(t *testing.T) {
	places := carrying(t, 1)
	places.Models = filepath.Join(t.TempDir(), "models")
	second, third := created(t, 2, F32), created(t, 3, F32)
	added, err := Add(t.Context(), second, places, "second")
	if err != nil {
		t.Fatal(err)
	}
	unrecorded := filepath.Join(places.Models, "third")
	if err := os.CopyFS(unrecorded, os.DirFS(third)); err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(places.Models, "broken", configFile), []byte(`{"model_type": "clip"}`))
	ids := map[string]string{added: opened(t, second).ID, unrecorded: opened(t, third).ID}
	builtin, err := Resolve(BuiltinName, places)
	if err != nil {
		t.Fatal(err)
	}
	ids[builtin] = opened(t, builtin).ID
	for dir, id := range ids {
		if got, err := ResolveID(id, places); err != nil || got != dir {
			t.Errorf("%s: %s, %v", dir, got, err)
		}
	}
	if _, err := ResolveID("clip-0", places); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), "clip-0") {
		t.Errorf("unknown: %v", err)
	}
	// The record is believed: nothing is read of the weights.
	remove(t, filepath.Join(added, "model.safetensors"))
	writeFile(t, filepath.Join(added, "model.safetensors"), []byte("not read"))
	if got, err := ResolveID(ids[added], places); err != nil || got != added {
		t.Errorf("recorded: %s, %v", got, err)
	}
	// Before it was ever unpacked, too.
	fresh := places
	fresh.Unpacked = filepath.Join(t.TempDir(), "elsewhere")
	if got, err := ResolveID(ids[builtin], fresh); err != nil || filepath.Dir(got) != fresh.Unpacked {
		t.Errorf("not unpacked yet: %s, %v", got, err)
	}
}
