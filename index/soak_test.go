//go:build unix

package index

import (
	"context"
	"encoding/binary"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"clipsearch/index/store"
)

// share returns the full count with CLIPSEARCH_SOAK=1, a tenth of it without.
func share(full int) int {
	if os.Getenv("CLIPSEARCH_SOAK") != "" {
		return full
	}
	return full / 10
}

// TestMovingAFolderEncodesNothing moves a folder of 5,000 pictures with CLIPSEARCH_SOAK=1, a tenth of that without.
func TestMovingAFolderEncodesNothing(t *testing.T) {
	r := newRig(t)
	n := share(5000)
	for i := range n {
		r.write(fmt.Sprintf("old/%02d/p%04d.png", i%50, i), picture(color.RGBA{R: uint8(i), G: uint8(i >> 8), B: 77}))
	}
	r.write("stays.png", white)
	start := time.Now()
	if s := r.run(func(o *Options) { o.Batch = 32 }); s.Encoded != n+1 {
		t.Fatalf("first run: %+v", s)
	}
	first := time.Since(start)
	before := r.ids()
	r.rename("old", "new/place")
	start = time.Now()
	s := r.run(nil)
	t.Logf("%d pictures: first run %v, after the move %v", n, first.Round(time.Millisecond), time.Since(start).Round(time.Millisecond))
	if s.Moved != n || s.Unchanged != 1 || s.Added+s.Hidden+s.Encoded != 0 || r.encoder.encoded.Load() != 0 {
		t.Errorf("after the move: %+v", s)
	}
	after := r.ids()
	for name, id := range before {
		if name == "stays.png" {
			continue
		}
		if to := "new/place" + name[len("old"):]; after[to] != id {
			t.Fatalf("%s was document %d, %s is %d", name, id, to, after[to])
		}
	}
}

// TestUnchangedTree holds a run over 200,000 known files with five captions each to 10 s, with CLIPSEARCH_SOAK=1; a
// tenth of them to 5 s without, since other tests run beside it. Where others hold the cores, processor time counts.
func TestUnchangedTree(t *testing.T) {
	r := newRig(t)
	n := share(200_000)
	r.plant(n)
	for name, change := range map[string]func(*Options){"with an encoder": nil, "without": func(o *Options) { o.Encoder = nil }} {
		start, before := time.Now(), processorTime(t)
		s := r.run(change)
		wall, busy := time.Since(start), processorTime(t)-before
		t.Logf("%d unchanged files, %s: %v, %v of processor time", n, name, wall.Round(time.Millisecond), busy.Round(time.Millisecond))
		took := min(wall, busy)
		if s.Unchanged != n || s.Captioned+s.Hidden+s.Added+s.Updated != 0 {
			t.Errorf("%s: %+v", name, s)
		}
		if limit := max(10*time.Second*time.Duration(n)/200_000, 5*time.Second); took > limit {
			t.Errorf("%s it took %v, want at most %v", name, took, limit)
		}
	}
}

// processorTime returns what this process has used of all cores.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// plant makes n files in folders of 500 and the documents that a run would have made of them. The files are names of a
// few: making them is most of the test's time.
func (r *rig) plant(n int) {
	r.t.Helper()
	ctx := context.Background()
	if err := r.store.SetModel(ctx, r.encoder.Model()); err != nil {
		r.t.Fatal(err)
	}
	var entries []store.Entry
	var first string
	for i := range n {
		path := r.path(fmt.Sprintf("%03d/IMG_%06d.jpg", i/500, i))
		if i%500 == 0 {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				r.t.Fatal(err)
			}
		}
		if i%10_000 == 0 { // below the 65,000 names that ext4 gives a file
			first = path
			if err := os.WriteFile(path, []byte("tiny"), 0o644); err != nil {
				r.t.Fatal(err)
			}
			if err := os.Chtimes(path, r.clock, r.clock); err != nil {
				r.t.Fatal(err)
			}
		} else if err := os.Link(first, path); err != nil {
			r.t.Fatal(err)
		}
		e := store.Entry{Document: store.Document{Path: path, Root: r.folder, Size: 4, ModTime: r.clock, Format: "jpeg", Width: 640, Height: 480}}
		binary.BigEndian.PutUint64(e.Document.Hash[:], uint64(i)+1)
		e.Vector = make([]float32, r.encoder.Dims())
		e.Vector[i%len(e.Vector)] = 1
		for c := range 5 {
			e.Captions = append(e.Captions, store.Caption{Text: fmt.Sprintf("caption %d of picture %d says a few words more", c, i), Source: sourceFile})
		}
		if entries = append(entries, e); len(entries) == 5000 || i == n-1 {
			if _, err := r.store.Put(ctx, entries); err != nil {
				r.t.Fatal(err)
			}
			entries = entries[:0]
		}
	}
}
