package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"clipsearch/internal/imgio"
	"clipsearch/search"
)

const (
	scaleQuality  = 82               // of JPEG: what is looked at closely, but not the original
	scalePatience = 20 * time.Second // for one decode
	scaledAtOnce  = 2                // decodes: each may take memory for 100 MP
	maxScaled     = 1 << 30          // bytes of the folder; a third makes room when there are more
)

// scaler makes large thumbnails and keeps them in a folder of the cache, named for the content and the size. It is a
// ui.Scaler.
type scaler struct {
	folder string
	slots  chan struct{}

	mu    sync.Mutex
	bytes int64 // in the folder; < 0: not counted yet
}

// newScaler returns a scaler that keeps its pictures in a folder, which is made when first needed.
func newScaler(folder string) *scaler {
	return &scaler{folder: folder, slots: make(chan struct{}, scaledAtOnce), bytes: -1}
}

// Scale is ui.Scaler's.
func (s *scaler) Scale(ctx context.Context, key string, long int, read func() ([]byte, error)) ([]byte, error) {
	name := filepath.Join(s.folder, fmt.Sprintf("%s-%d.jpg", key, long))
	if data, err := os.ReadFile(name); err == nil {
		return data, nil
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if data, err := os.ReadFile(name); err == nil { // made while we waited
		return data, nil
	}
	data, err := read()
	if err != nil {
		return nil, err
	}
	picture, err := imgio.Decode(data, imgio.Options{MinLong: long, MinShort: 1, ThumbLong: long, ThumbQuality: scaleQuality, Deadline: time.Now().Add(scalePatience)})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", search.ErrBadPicture, err)
	}
	_ = s.keep(name, picture.Thumb) // a disk that is full makes it slower the next time, no more
	return picture.Thumb, nil
}

// keep writes a picture into the folder, whole, and makes room there.
func (s *scaler) keep(name string, data []byte) error {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(s.folder, ".new-")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return s.makeRoom(int64(len(data)))
}

// makeRoom counts what was added and removes the oldest third of the pictures when there are too many bytes.
func (s *scaler) makeRoom(added int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes += added; s.bytes >= added && s.bytes <= maxScaled {
		return nil
	}
	kept, err := s.list()
	if err != nil {
		return err
	}
	slices.SortFunc(kept, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	s.bytes = 0
	for _, info := range kept {
		s.bytes += info.Size()
	}
	for limit := int64(maxScaled); len(kept) > 0 && s.bytes > limit; kept = kept[1:] {
		limit = maxScaled * 2 / 3
		if err := os.Remove(filepath.Join(s.folder, kept[0].Name())); err != nil {
			return err
		}
		s.bytes -= kept[0].Size()
	}
	return nil
}

// list returns what is in the folder.
func (s *scaler) list() ([]fs.FileInfo, error) {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, err
	}
	var all []fs.FileInfo
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && info.Mode().IsRegular() {
			all = append(all, info)
		}
	}
	return all, nil
}
