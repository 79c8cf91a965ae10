package checkpoint

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAddCopiesAndRecords(t *testing.T) {
	ctx := context.Background()
	from := created(t, 1, F16)
	if err := os.WriteFile(filepath.Join(from, "holiday.jpg"), []byte("not part of it"), 0o644); err != nil {
		t.Fatal(err)
	}
	places := Places{Models: filepath.Join(t.TempDir(), "models")}
	to, err := Add(ctx, from, places, "mine")
	if err != nil {
		t.Fatal(err)
	}
	if dir, err := Resolve("mine", places); err != nil || dir != to {
		t.Errorf("mine resolves to %q, %v; want %q", dir, err, to)
	}
	original, copied := opened(t, from), opened(t, to)
	if original.ID != copied.ID {
		t.Errorf("the copy is %s, the original %s", copied.ID, original.ID)
	}
	if err := copied.VerifyFiles(ctx); err != nil {
		t.Errorf("the copy does not verify: %v", err)
	}
	if err := original.VerifyFiles(ctx); err != nil {
		t.Errorf("a checkpoint without a record does not pass: %v", err)
	}
	if _, err := os.Stat(filepath.Join(to, "holiday.jpg")); err == nil {
		t.Error("a picture was copied along")
	}
	if _, err := Add(ctx, from, places, "mine"); !errors.Is(err, ErrExists) {
		t.Errorf("a taken name gives %v", err)
	}
	if _, err := Add(ctx, from, places, "../mine"); err == nil {
		t.Error("a name that leads out of the folder is accepted")
	}
	config := filepath.Join(to, "config.json")
	data, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, append(data, ' '), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := copied.VerifyFiles(ctx); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a changed file gives %v", err)
	}
}
