//go:build unix && !native

// Nothing here depends on the native build, whose processes spend half a second each on loading libtorch: this runs without.

package cli

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// killPictures is how many pictures get a new caption before each kill.
const killPictures = 200

// TestKillIndexCommand kills clipsearch index while it brings the captions of 200 pictures in step, every third time with
// an empty cache, and wants a library that verify finds whole, and a caption index, once index has run again, that finds
// every new caption and no old one: 50 times with CLIPSEARCH_SOAK=1, else 5.
func TestKillIndexCommand(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and kills processes; run without -short")
	}
	kills := 5
	if os.Getenv("CLIPSEARCH_SOAK") == "1" {
		kills = 50
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	h := newHousehold(t)
	h.pictures("green", killPictures)
	h.done(h.start("index", "green"), exitOK)
	h.captions("green", "before")
	began := time.Now()
	h.done(h.start("index", "green"), exitOK)
	took := time.Since(began)
	killed := 0
	for round := range kills {
		h.captions("green", fmt.Sprint("round", round))
		if round%3 == 0 {
			if err := os.RemoveAll(filepath.Join(h.dir, ".cache")); err != nil {
				t.Fatal(err)
			}
		}
		if h.startAndKill(time.Duration(rng.Float64()*float64(took)), "index", "green") {
			killed++
		}
		h.done(h.start("verify"), exitOK)
		h.done(h.start("index", "green"), exitOK)
		h.finds(fmt.Sprint("round", round), killPictures)
		h.finds(fmt.Sprint("round", round-1), 0)
		h.done(h.start("verify"), exitOK)
	}
	t.Logf("killed %d of %d", killed, kills)
}

// captions gives all pictures of a folder another caption.
func (h *household) captions(folder, text string) {
	h.t.Helper()
	pictures, err := filepath.Glob(filepath.Join(h.dir, folder, "*.png"))
	for _, path := range pictures {
		err = errors.Join(err, os.WriteFile(strings.TrimSuffix(path, "png")+"txt", []byte(text), 0o644))
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// startAndKill starts the program and kills it; false if it had ended before.
func (h *household) startAndKill(after time.Duration, args ...string) bool {
	h.t.Helper()
	p := h.start(args...)
	time.Sleep(after)
	p.Process.Kill()
	<-p.ended
	return !p.ProcessState.Exited()
}
