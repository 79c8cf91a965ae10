package checkpoint

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"path/filepath"

	"clipsearch/internal/regular"
)

// hashesName is the file beside a checkpoint's own in which is recorded what
// they were when they came:
//
//	{"id": MODEL-ID, "files": {NAME: SHA-256 in hexadecimal, …}}
const hashesName = "clipsearch-hashes.json"

// hashes is the content of that file.
type hashes struct {
	ID    string            `json:"id"`
	Files map[string]string `json:"files"`
}

// Record writes down, in the directory itself, the ID of the model in dir and
// the hashes of its files, which VerifyFiles checks and ResolveID goes by. It
// opens the model first, so that nothing broken is recorded, and returns the ID.
func Record(ctx context.Context, dir string) (id string, err error) {
	c, err := Open(dir)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	names, err := c.companions()
	if err != nil {
		return "", err
	}
	record := hashes{ID: c.ID, Files: make(map[string]string)}
	for _, name := range names {
		if record.Files[name], err = hashFile(ctx, filepath.Join(dir, name)); err != nil {
			return "", err
		}
	}
	return c.ID, record.write(dir)
}

// write writes the record into a directory.
func (h hashes) write(dir string) error {
	data, err := json.MarshalIndent(h, "", " ")
	if err != nil {
		return err
	}
	return writeText(filepath.Join(dir, hashesName), append(data, '\n'))
}

// readRecord returns what was recorded of a directory; fs.ErrNotExist if nothing was.
func readRecord(dir string) (hashes, error) {
	path := filepath.Join(dir, hashesName)
	data, err := readText(path)
	if err != nil {
		return hashes{}, err
	}
	var record hashes
	return record, parseJSON(path, data, &record)
}

// hashFile returns the hexadecimal SHA-256 of a file.
func hashFile(ctx context.Context, path string) (string, error) {
	in, err := regular.Open(path)
	if err != nil {
		return "", pathFault(path, err)
	}
	h := sha256.New()
	if err := errors.Join(stream(ctx, h, in), in.Close()); err != nil {
		return "", pathFault(path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// VerifyFiles checks the files of a checkpoint of which a record was made (by Add or Record) against the hashes in it. A
// checkpoint without such a record passes. ErrCorrupt names the first file that is not as it was.
func (c *Checkpoint) VerifyFiles(ctx context.Context) error {
	record, err := readRecord(c.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(record.Files) {
		if name != filepath.Base(name) {
			return faultf(filepath.Join(c.Dir, hashesName), "%w: %q is no file of this folder", ErrCorrupt, name)
		}
		file := filepath.Join(c.Dir, name)
		sum, err := hashFile(ctx, file)
		if err != nil {
			return err
		}
		if sum != record.Files[name] {
			return faultf(file, "%w: it is not the file that was added", ErrCorrupt)
		}
	}
	return nil
}
