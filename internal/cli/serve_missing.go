package cli

import (
	"strings"

	"clipsearch/encode"
)

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
	return strings.Join(lines, ". ")
}
