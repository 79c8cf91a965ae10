package cli

import (
	"strings"
	"sync"
	"time"

	"clipsearch/encode"
	"clipsearch/index/store"
)

// missingAgain is how soon to look again for what was missing: a person may just have put it there.
const missingAgain = 10 * time.Second

// newMissing returns missingFor as the library's model and the machine are when it is called, which looks at files only where the
// model has changed or something was missing.
func newMissing(p Process, flags common, lib *library) func() string {
	var mu sync.Mutex
	var known store.Model
	var said string
	var looked time.Time
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		if model := lib.store.Model(); looked.IsZero() || model != known || said != "" && time.Since(looked) > missingAgain {
			known, said, looked = model, missingFor(p, flags, lib), time.Now()
		}
		return said
	}
}

// missingFor says what keeps the pictures of a library from being searched by what they show as well as they could be, and
// what mends that; "" if nothing does, as far as can be told without loading the model.
func missingFor(p Process, flags common, lib *library) string {
	dir, err := findModel(p, flags.model, lib.places, lib.store.Model())
	if err == nil && !encode.HasBackend() {
		err = encode.ErrNoBackend
	}
	if err == nil {
		return capital(lib.places.builtinNoteAt(dir))
	}
	lines := strings.Split(describe(err), "\n")
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	return capital(strings.Join(lines, ". "))
}
