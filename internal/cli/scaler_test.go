package cli

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"
	"time"

	"clipsearch/search"
)

// jpegOf returns a grey JPEG.
func jpegOf(t *testing.T, width, height int) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := jpeg.Encode(&file, image.NewGray(image.Rect(0, 0, width, height)), nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestScaler(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "cache", "scaled")
	s := newScaler(folder)
	reads := 0
	scale := func(key string, data []byte) ([]byte, error) {
		return s.Scale(context.Background(), key, 768, func() ([]byte, error) {
			reads++
			return data, nil
		})
	}
	for range 2 {
		data, err := scale("abc", jpegOf(t, 2000, 1000))
		if err != nil {
			t.Fatal(err)
		}
		if config, err := jpeg.DecodeConfig(bytes.NewReader(data)); err != nil || config.Width != 768 || config.Height != 384 {
			t.Errorf("%d × %d px, %v", config.Width, config.Height, err)
		}
	}
	if reads != 1 {
		t.Errorf("the file was read %d times", reads)
	}
	small, err := scale("small", jpegOf(t, 50, 20))
	if config, decodeErr := jpeg.DecodeConfig(bytes.NewReader(small)); err != nil || decodeErr != nil || config.Width != 50 {
		t.Errorf("a small picture comes back %d px wide: %v", config.Width, errors.Join(err, decodeErr))
	}
	if _, err := scale("broken", []byte("no picture")); !errors.Is(err, search.ErrBadPicture) {
		t.Errorf("a broken picture: %v", err)
	}
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 2 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestScalerMakesRoom(t *testing.T) {
	s := newScaler(t.TempDir())
	for i, name := range []string{"oldest", "older", "new"} {
		path := filepath.Join(s.folder, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		when := time.Now().Add(time.Duration(i-5) * time.Hour)
		if err := errors.Join(os.Truncate(path, maxScaled*2/5), os.Chtimes(path, when, when)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.makeRoom(0); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(s.folder)
	if err != nil || len(entries) != 1 || entries[0].Name() != "new" {
		t.Errorf("left: %v, %v", entries, err)
	}
}
