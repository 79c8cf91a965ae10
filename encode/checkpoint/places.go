package checkpoint

import (
	"io/fs"
	"path/filepath"
)

// Places are where models are found by name. The zero value has none.
type Places struct {
	// Models is the folder of installed models, DIR/NAME; "" for none.
	Models string
	// Hubs are Hugging Face caches, DIR/models--ORG--NAME, looked into in order.
	// They are only read.
	Hubs []string
	// Carried are the files of the model that the program carries; nil for none.
	Carried fs.FS
	// Unpacked is the folder that Carried is unpacked into, DIR/HASH; "" for none.
	Unpacked string
}

// PlacesFrom returns the usual places under an environment: getenv is os.Getenv,
// home the user's home directory ("" if there is none).
//
//	models:   $XDG_DATA_HOME/clipsearch/models, else ~/.local/share/clipsearch/models
//	unpacked: clipsearch/builtin in the same
//	hubs:     $HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub
//
// Carried is the caller's to set.
func PlacesFrom(getenv func(string) string, home string) Places {
	var p Places
	data := getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) && home != "" { // a relative one is to be ignored, says the XDG specification
		data = filepath.Join(home, ".local", "share")
	}
	if filepath.IsAbs(data) {
		p.Models = filepath.Join(data, "clipsearch", "models")
		p.Unpacked = filepath.Join(data, "clipsearch", "builtin")
	}
	if hub := getenv("HF_HUB_CACHE"); hub != "" {
		p.Hubs = append(p.Hubs, hub)
	}
	if hf := getenv("HF_HOME"); hf != "" {
		p.Hubs = append(p.Hubs, filepath.Join(hf, "hub"))
	}
	if home != "" {
		p.Hubs = append(p.Hubs, filepath.Join(home, ".cache", "huggingface", "hub"))
	}
	return p
}
