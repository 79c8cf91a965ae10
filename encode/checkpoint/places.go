package checkpoint

import (
	"path/filepath"
)

// Places are where models are found by name. The zero value has none.
type Places struct {
	// Models is the folder of installed models, DIR/NAME; "" for none.
	Models string
	// Hubs are Hugging Face caches, DIR/models--ORG--NAME, looked into in order.
	// They are only read.
	Hubs []string
}

// PlacesFrom returns the usual places under an environment: getenv is os.Getenv,
// home the user's home directory ("" if there is none).
//
//	models: $XDG_DATA_HOME/clipsearch/models, else ~/.local/share/clipsearch/models
//	hubs:   $HF_HUB_CACHE, $HF_HOME/hub, ~/.cache/huggingface/hub
func PlacesFrom(getenv func(string) string, home string) Places {
	var p Places
	if data := getenv("XDG_DATA_HOME"); filepath.IsAbs(data) { // a relative one is to be ignored, says the XDG specification
		p.Models = filepath.Join(data, "clipsearch", "models")
	} else if home != "" {
		p.Models = filepath.Join(home, ".local", "share", "clipsearch", "models")
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
