package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clipsearch/index/store"
)

// log is a buffer that a program writes to while a test reads it.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// await waits until the log holds what is wanted, and takes it and all before it away.
func (l *log) await(t *testing.T, want string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		l.mu.Lock()
		text := l.text.String()
		if at := strings.Index(text, want); at >= 0 {
			l.text.Next(at + len(want))
			l.mu.Unlock()
			return
		}
		l.mu.Unlock()
		if time.Now().After(deadline) {
			t.Fatalf("no %q in:\n%s", want, text)
		}
	}
}

// TestIndexWatch follows a folder as a person would see it, and stops with Ctrl-C.
func TestIndexWatch(t *testing.T) {
	home := t.TempDir()
	photos := filepath.Join(home, "photos")
	write := func(name string, data []byte) {
		path := filepath.Join(photos, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	rename := func(from, to string) {
		if err := os.Rename(filepath.Join(home, from), filepath.Join(home, to)); err != nil {
			t.Fatal(err)
		}
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 32, 24))); err != nil {
		t.Fatal(err)
	}
	write("a.png", picture.Bytes())

	var messages log
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	p := Process{
		Args: []string{"index", "--watch", photos}, Stdin: strings.NewReader(""), Stdout: &log{}, Stderr: &messages,
		Getenv: func(name string) string { return map[string]string{"HOME": home}[name] },
	}
	go func() { ended <- Run(ctx, p) }()
	messages.await(t, "1 new, 0 changed, 0 unchanged")
	messages.await(t, "watching (stop with Ctrl-C)\n")
	write("more/b.png", picture.Bytes())
	messages.await(t, "clipsearch: changes: 2 pictures: 1 new, 0 changed, 1 unchanged, 1 of the new ones copies")
	write("more/bad.png", []byte("no picture"))
	messages.await(t, "skipped "+filepath.Join(photos, "more", "bad.png"))
	rename("photos/more", "photos/other")
	messages.await(t, "1 moved")
	rename("photos", "away")
	messages.await(t, "nothing of it was hidden; is it mounted?")
	rename("away", "photos")
	write("other/c.png", picture.Bytes()[:40])
	messages.await(t, "skipped "+filepath.Join(photos, "other", "c.png"))
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}

// TestWatchSaves: what a watch has made ready for the search is in the file while it waits, however it ends.
func TestWatchSaves(t *testing.T) {
	home := t.TempDir()
	photos, library := filepath.Join(home, "photos"), filepath.Join(home, "library")
	var picture bytes.Buffer
	if err := errors.Join(
		png.Encode(&picture, image.NewGray(image.Rect(0, 0, 32, 24))),
		os.MkdirAll(photos, 0o755),
		os.WriteFile(filepath.Join(photos, "a.png"), picture.Bytes(), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	st, err := store.Open(library, store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	var entries []store.Entry
	for i := range 3000 { // enough to be worth a snapshot
		entries = append(entries, store.Entry{Document: store.Document{Path: fmt.Sprint("/elsewhere/", i)}})
	}
	if _, err := st.Put(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	var messages log
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	p := Process{
		Args: []string{"index", "--watch", "--library", library, photos}, Stdin: strings.NewReader(""), Stdout: &log{}, Stderr: &messages,
		Getenv: func(name string) string { return map[string]string{"HOME": home}[name] },
	}
	go func() { ended <- Run(ctx, p) }()
	messages.await(t, "watching (stop with Ctrl-C)\n")
	copied := filepath.Join(home, "copy") // as a kill would leave it
	if data, err := os.ReadFile(library); err != nil || os.WriteFile(copied, data, 0o600) != nil {
		t.Fatal(err)
	}
	cancel()
	<-ended
	if st, err = store.Open(copied, store.Options{ReadOnly: true}); err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	saved, err := st.Snapshots()
	if err != nil || !slices.ContainsFunc(saved, func(s store.Snapshot) bool { return s.Name == "text" }) {
		t.Errorf("saved are %+v; %v", saved, err)
	}
}
