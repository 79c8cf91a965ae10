package checkpoint

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Found is a model in one of the places.
type Found struct {
	Name   string // what Resolve takes
	Dir    string
	Source Source
}

// Source is the kind of place where a model was found.
type Source string

// The kinds of places.
const (
	Installed Source = "installed"    // Places.Models
	HubCache  Source = "hugging face" // one of Places.Hubs
	Builtin   Source = "built in"     // Places.Carried
)

// List returns the models in the places, in the order in which Resolve looks and
// by name within one; of several with a name only the first, which is what
// Resolve finds. It goes by the configuration files; whether a model can be
// opened, Open says. A place that does not exist holds none. The directory of the
// model that the program carries need not exist before Resolve.
func List(places Places) ([]Found, error) {
	var list []Found
	seen := map[string]bool{}
	add := func(found []Found, err error) error {
		for _, f := range found {
			if !seen[f.Name] {
				seen[f.Name] = true
				list = append(list, f)
			}
		}
		return err
	}
	if places.Models != "" {
		if err := add(listInstalled(places.Models)); err != nil {
			return nil, err
		}
	}
	for _, hub := range places.Hubs {
		if err := add(listHub(hub)); err != nil {
			return nil, err
		}
	}
	if dir, err := places.BuiltinDir(); err == nil {
		err := add([]Found{{BuiltinName, dir, Builtin}}, nil)
		return list, err
	} else if !errors.Is(err, ErrNoBuiltin) {
		return nil, err
	}
	return list, nil
}

// listInstalled lists DIR/NAME and DIR/ORG/NAME.
func listInstalled(models string) ([]Found, error) {
	names, err := folders(models)
	if err != nil {
		return nil, err
	}
	var list []Found
	for _, name := range names {
		dir := filepath.Join(models, name)
		if isCLIP(dir) {
			list = append(list, Found{name, dir, Installed})
			continue
		}
		inner, err := folders(dir)
		if err != nil {
			return nil, err
		}
		for _, n := range inner {
			if d := filepath.Join(dir, n); isCLIP(d) {
				list = append(list, Found{name + "/" + n, d, Installed})
			}
		}
	}
	return list, nil
}

// listHub lists the CLIPs among the repositories of a Hugging Face cache.
func listHub(hub string) ([]Found, error) {
	names, err := folders(hub)
	if err != nil {
		return nil, err
	}
	var list []Found
	for _, name := range names {
		repository, ok := strings.CutPrefix(name, "models--")
		if !ok {
			continue
		}
		dir, missing := candidate{filepath.Join(hub, name), mainRevision}.find()
		if missing == "" && isCLIP(dir) {
			list = append(list, Found{strings.Replace(repository, "--", "/", 1), dir, HubCache})
		}
	}
	return list, nil
}

// folders returns the names of a folder's folders that can be models', sorted;
// none if there is no such folder.
func folders(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, pathFault(dir, err)
	}
	var names []string
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(dir, e.Name())); err == nil && info.IsDir() && isModelName(e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// isCLIP reports whether a directory's configuration is that of a CLIP.
func isCLIP(dir string) bool {
	if exists(filepath.Join(dir, openCLIPFile)) {
		return true
	}
	return modelType(dir) == clipType
}
