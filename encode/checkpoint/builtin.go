package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
)

// BuiltinName is what Resolve calls the model that the program carries.
const BuiltinName = "builtin"

// builtin returns the directory of the model that the program carries, which it
// unpacks if that has not been done: weights are mapped, so they must lie in a
// file. ErrNoBuiltin if there is none.
func (p Places) builtin() (string, error) {
	dir, err := p.BuiltinDir()
	if err != nil || exists(filepath.Join(dir, hashesName)) {
		return dir, err
	}
	err = makeWhole(dir, func(temp string) error {
		if err := p.unpack(temp); err != nil {
			return err
		}
		_, err := Record(context.Background(), temp)
		return err
	})
	if err != nil && exists(filepath.Join(dir, hashesName)) { // another process was faster
		err = nil
	}
	return dir, err
}

// unpack writes the carried files into a directory.
func (p Places) unpack(dir string) error {
	entries, err := fs.ReadDir(p.Carried, ".")
	if err != nil {
		return err
	}
	for _, entry := range entries {
		data, err := fs.ReadFile(p.Carried, entry.Name())
		if err != nil {
			return err
		}
		if err := writeText(filepath.Join(dir, entry.Name()), data); err != nil {
			return err
		}
	}
	return nil
}

// BuiltinDir returns where the carried model is unpacked, or will be: a folder that is named
// for what it holds, so that a newer program has another and the older one's
// model stays for the libraries that were made with it.
func (p Places) BuiltinDir() (string, error) {
	if p.Carried == nil {
		return "", ErrNoBuiltin
	}
	if p.Unpacked == "" {
		return "", fmt.Errorf("%w: there is no folder for it: no home directory", ErrNoBuiltin)
	}
	all := sha256.New()
	entries, err := fs.ReadDir(p.Carried, ".") // in the order of names
	if err != nil {
		return "", err
	}
	for _, entry := range entries {
		data, err := fs.ReadFile(p.Carried, entry.Name())
		if err != nil {
			return "", err
		}
		fmt.Fprintf(all, "%s %x\n", entry.Name(), sha256.Sum256(data))
	}
	const digits = 16 // of 64: enough to tell versions apart
	return filepath.Join(p.Unpacked, hex.EncodeToString(all.Sum(nil))[:digits]), nil
}

// IsBuiltin reports whether the model with that ID is the one that the program
// carries, as far as that has been unpacked on this machine.
func (p Places) IsBuiltin(id string) bool {
	dir, err := p.BuiltinDir()
	return err == nil && id != "" && recordedID(dir) == id
}
