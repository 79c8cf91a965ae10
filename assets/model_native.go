//go:build native

package assets

import (
	"embed"
	"io/fs"
)

//go:embed model
var model embed.FS

// Model returns the files of the model that the program carries, a checkpoint in Hugging Face's layout; nil where this
// build has none. assets/model/README.md is its card.
func Model() fs.FS {
	for _, name := range []string{"model/config.json", "model/model.safetensors"} {
		if _, err := fs.Stat(model, name); err != nil {
			return nil
		}
	}
	files, err := fs.Sub(model, "model")
	if err != nil { // not for a name without dots
		return nil
	}
	return files
}
