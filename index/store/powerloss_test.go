package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// sector is what a disk writes whole.
const sector = 512

// powerLoss holds a library to what a loss of power may leave. bbolt writes a
// transaction's pages, syncs, writes one meta page, and syncs again. So what a disk
// holds after a transaction, if power is lost during the next, is the file as it was
// with any of the sectors in which the next one's file differs, those of the meta
// pages apart; the meta page lies in one sector.
type powerLoss struct {
	t      *testing.T
	rng    *rand.Rand
	path   string // of the library
	trials int    // per transaction
	before []byte // the file after the transaction before
	state  content
	lost   int // sectors
}

// next is called after each transaction.
func (p *powerLoss) next() {
	after, err := os.ReadFile(p.path)
	ok(p.t, err)
	for range p.trials {
		p.check(p.tear(after))
	}
	p.before = after
	p.state = p.read(after)
}

// tear returns the file before with some of the sectors after it.
func (p *powerLoss) tear(after []byte) []byte {
	torn := bytes.Clone(p.before)
	if p.rng.IntN(2) == 0 { // the new size may have reached the disk
		torn = append(torn, make([]byte, max(0, len(after)-len(torn)))...)
	}
	share := p.rng.Float64()
	for at := 2 * filePage; at < len(torn); at += sector {
		switch {
		case bytes.Equal(torn[at:at+sector], after[at:at+sector]):
		case p.rng.Float64() < share:
			copy(torn[at:at+sector], after[at:])
		default:
			p.lost++
		}
	}
	return torn
}

func (p *powerLoss) open(data []byte, opts Options) *Store {
	path := filepath.Join(p.t.TempDir(), "torn")
	ok(p.t, os.WriteFile(path, data, 0o600))
	return mustOpen(p.t, path, opts)
}

func (p *powerLoss) read(data []byte) content {
	s := p.open(data, Options{ReadOnly: true})
	c, err := readContent(s)
	ok(p.t, err)
	ok(p.t, s.Close())
	return c
}

// check opens a torn file: it is whole, holds every finished transaction and nothing
// of the next, and can be written to.
func (p *powerLoss) check(torn []byte) {
	s := p.open(torn, Options{})
	got, err := readContent(s)
	ok(p.t, err)
	diff(p.t, "content", p.state, got)
	putPaths(p.t, s, "/after the loss")
	report, err := s.Verify(ctx, nil)
	ok(p.t, err)
	diff(p.t, "problems", 0, len(report.Problems))
	ok(p.t, s.Close())
}

func TestPowerLoss(t *testing.T) {
	steps := 20
	if os.Getenv("CLIPSEARCH_SOAK") == "1" {
		steps = 200
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	s := newStore(t)
	p := &powerLoss{t: t, rng: rand.New(rand.NewPCG(seed, 1)), path: s.Path(), trials: 2}
	var err error
	p.before, err = os.ReadFile(p.path)
	ok(t, err)
	p.state = p.read(p.before)
	s.written = p.next
	for step := range steps {
		ok(t, randomWrite(s, p.rng, step))
	}
	t.Logf("%d changes, %d sectors lost", s.Sequence(), p.lost)
	if p.lost == 0 {
		t.Error("nothing was lost: the test tests nothing")
	}
}

// randomWrite changes a library in some way.
func randomWrite(s *Store, rng *rand.Rand, step int) error {
	last := s.last.id
	id := ID(1)
	if last > 0 {
		id += rng.Uint64N(last)
	}
	switch kind := rng.IntN(8); {
	case kind < 3 || last == 0:
		var entries []Entry
		for i := range 1 + rng.IntN(30) {
			e := fullEntry(fmt.Sprintf("/%d/%d", step, i))
			e.Thumb = noise(rng.IntN(9000))
			entries = append(entries, e)
		}
		_, err := s.Put(ctx, entries)
		return err
	case kind == 3:
		return s.Forget(ctx, id)
	case kind == 4:
		return s.SaveSnapshot(ctx, "n", SnapshotInfo{}, func(w io.Writer) error {
			_, err := w.Write(noise(rng.IntN(3 << 19)))
			return err
		})
	case kind == 5:
		err := s.DeleteSnapshot(ctx, "n")
		if errors.Is(err, ErrNoSnapshot) {
			return nil
		}
		return err
	case kind == 6:
		return ignoreMissing(s.Hide(ctx, id))
	}
	return ignoreMissing(s.SetCaptions(ctx, map[ID][]Caption{id: {{Text: fmt.Sprint("step ", step)}}}))
}

func ignoreMissing(err error) error {
	if errors.Is(err, ErrNoDocument) {
		return nil
	}
	return err
}
