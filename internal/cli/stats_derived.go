package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/dustin/go-humanize"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
)

// derivedState is how far an index that is derived from a library follows its log. Its JSON is part of what stats prints.
type derivedState struct {
	Saved   uint64  `json:"saved"`             // the change that the library's file has it up to; 0: it has none
	Bytes   int64   `json:"bytes"`             // that it takes in the file
	Reached *uint64 `json:"reached,omitempty"` // the change that this machine's cache has it up to; nil: it is kept in no cache
}

// derivedStates returns the state of the caption index and of the vectors.
func (h *holding) derivedStates(ctx context.Context) (captions, vectors derivedState, err error) {
	saved, err := h.store.Snapshots()
	if err != nil {
		return captions, vectors, err
	}
	for _, s := range saved {
		switch s.Name {
		case text.SnapshotName:
			captions = derivedState{Saved: s.Sequence, Bytes: s.Bytes}
		case vector.SnapshotName:
			vectors = derivedState{Saved: s.Sequence, Bytes: s.Bytes}
		}
	}
	h.mu.Lock()
	words := h.words
	h.mu.Unlock()
	var reached uint64
	if words != nil {
		reached = words.Reached()
	} else {
		reached = text.Reached(ctx, filepath.Join(h.places.cacheOf(h.store.LibraryID()), textFolder), h.store)
	}
	captions.Reached = &reached
	return captions, vectors, nil
}

// describe says it for people. what is what there is to derive from, for example captions.
func (d derivedState) describe(st *store.Store, what string) string {
	text := "made when first searched"
	if d.Reached != nil && *d.Reached > 0 {
		text = "on this machine " + behind(st, *d.Reached)
	} else if d.Reached == nil {
		text = "in memory while searched"
	}
	if d.Saved == 0 {
		return text + "; not saved in the file yet, as there are few " + what
	}
	return fmt.Sprintf("%s; in the file %s, %s", text, behind(st, d.Saved), humanize.IBytes(uint64(d.Bytes)))
}

// behind says how many changes of a library there are after one.
func behind(st *store.Store, sequence uint64) string {
	switch n := int64(st.Sequence()) - int64(sequence); {
	case n == 1:
		return "1 change behind"
	case n > 1:
		return humanize.Comma(n) + " changes behind"
	}
	return "up to date"
}
