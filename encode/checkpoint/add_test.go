package checkpoint

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestAdd(t *testing.T) {
	ctx := context.Background()
	from := created(t, 1, F32)
	writeFile(t, filepath.Join(from, "LICENSE"), []byte("MIT"))
	writeFile(t, filepath.Join(from, "training_args.bin"), []byte("not the model's"))
	places := Places{Models: filepath.Join(t.TempDir(), "models")}
	dir, err := Add(ctx, from, places, "acme/tiny")
	if err != nil {
		t.Fatal(err)
	}
	if found, err := Resolve("acme/tiny", places); err != nil || found != dir {
		t.Errorf("Resolve finds %s, %v, Add made %s", found, err, dir)
	}
	added := opened(t, dir)
	if want := opened(t, from).ID; added.ID != want {
		t.Errorf("ID %s, want %s", added.ID, want)
	}
	if err := added.VerifyFiles(ctx); err != nil {
		t.Error(err)
	}
	if !exists(filepath.Join(dir, "LICENSE")) || exists(filepath.Join(dir, "training_args.bin")) {
		t.Error("it took other files than the model's")
	}
	if _, err := Add(ctx, from, places, "acme/tiny"); !errors.Is(err, ErrExists) {
		t.Errorf("a second time: error %v, want ErrExists", err)
	}
	if _, err := Add(ctx, from, places, "../tiny"); err == nil {
		t.Error("a name that leads out of the folder is taken")
	}
	writeFile(t, filepath.Join(dir, vocabFile), []byte("{}"))
	checkFault(t, added.VerifyFiles(ctx), ErrCorrupt, vocabFile)
	remove(t, filepath.Join(dir, vocabFile))
	checkFault(t, added.VerifyFiles(ctx), os.ErrNotExist, vocabFile)
	if err := opened(t, from).VerifyFiles(ctx); err != nil {
		t.Errorf("a checkpoint that was not added: %v", err)
	}
}

func TestAddRefusesBroken(t *testing.T) {
	places := Places{Models: t.TempDir()}
	dir := copyFiles(t, created(t, 1, F32), configFile, vocabFile, mergesFile)
	_, err := Add(context.Background(), dir, places, "tiny")
	checkFault(t, err, ErrNotCheckpoint, dir)
	if left, _ := os.ReadDir(places.Models); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
