package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"clipsearch/internal/regular"
)

// Add copies the checkpoint in dir into places.Models under name, with a record of its files' hashes that VerifyFiles
// checks, and returns the new directory, which appears whole. dir is opened first, so that nothing broken is copied. It
// takes the weights and the small files that belong to them (JSON, text, licence, card), following symbolic links.
// ErrExists if the name is taken.
func Add(ctx context.Context, dir string, places Places, name string) (string, error) {
	if !isModelName(name) {
		return "", fmt.Errorf("add %s: %q cannot be a model's name; it is letters, digits, '-', '_' and '.'", dir, name)
	}
	if name == BuiltinName {
		return "", fmt.Errorf("add %s: %q is the model that the program carries; choose another name", dir, name)
	}
	if places.Models == "" {
		return "", fmt.Errorf("add %s: there is no folder for models: no home directory", dir)
	}
	c, err := Open(dir)
	if err != nil {
		return "", err
	}
	defer c.Close() // only read
	to := filepath.Join(places.Models, filepath.FromSlash(name))
	if err := checkFree(to); err != nil {
		return "", err
	}
	names, err := c.companions()
	if err != nil {
		return "", err
	}
	err = makeWhole(to, func(temp string) error {
		record := hashes{ID: c.ID, Files: make(map[string]string)}
		for _, name := range names {
			sum, err := copyFile(ctx, filepath.Join(temp, name), filepath.Join(dir, name))
			if err != nil {
				return err
			}
			record.Files[name] = sum
		}
		return record.write(temp)
	})
	return to, err
}

// companions returns the names of the files that make up a checkpoint, sorted.
func (c *Checkpoint) companions() ([]string, error) {
	var names []string
	for _, file := range c.Files {
		names = append(names, filepath.Base(file))
	}
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		return nil, pathFault(c.Dir, err)
	}
	for _, entry := range entries {
		name := entry.Name()
		small := slices.Contains([]string{".json", ".txt", ".md"}, strings.ToLower(filepath.Ext(name))) ||
			strings.HasPrefix(strings.ToUpper(name), "LICEN")
		info, err := os.Stat(filepath.Join(c.Dir, name)) // of a link's target: Hugging Face's cache is made of links
		if small && err == nil && info.Mode().IsRegular() && name != hashesName {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// copyFile copies a file to the disk and returns its SHA-256 in hexadecimal.
func copyFile(ctx context.Context, to, from string) (sum string, err error) {
	in, err := regular.Open(from)
	if err != nil {
		return "", err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	h := sha256.New()
	if err := stream(ctx, io.MultiWriter(out, h), in); err != nil {
		return "", fmt.Errorf("copy %s: %w", from, err)
	}
	return hex.EncodeToString(h.Sum(nil)), out.Sync()
}

// stream copies until the end of in or of ctx.
func stream(ctx context.Context, out io.Writer, in io.Reader) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := io.CopyN(out, in, 16<<20); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}
