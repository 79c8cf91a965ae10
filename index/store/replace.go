package store

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	bolt "go.etcd.io/bbolt"
)

// replacement is a new file that is to take a library's place, whole or not at all.
type replacement struct {
	path    string // of the library
	tmp     string // of the new file; "" once it is published
	mode    os.FileMode
	db      *bolt.DB
	file    *os.File // of db
	tx      *bolt.Tx
	pending int64        // bytes put since the last commit
	step    func(string) // for tests: called before each step
}

// commitBytes is how much a transaction of a replacement holds.
const commitBytes = 4 << 20

// temporaryPrefix begins the names of unfinished replacements of a library.
func temporaryPrefix(path string) string { return "." + filepath.Base(path) + ".new-" }

// newReplacement makes an empty library beside the one at path, which may be a link.
// The caller removes what removeTemporary finds, if it has the library for itself.
func newReplacement(path string, library [16]byte, step func(string)) (*replacement, error) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if step == nil {
		step = func(string) {}
	}
	step("make")
	tmp, err := os.CreateTemp(filepath.Dir(path), temporaryPrefix(path)+"*")
	if err != nil {
		return nil, err
	}
	r := &replacement{path: path, tmp: tmp.Name(), mode: info.Mode().Perm(), step: step}
	if err := errors.Join(tmp.Close(), initialize(tmp.Name(), library)); err != nil {
		return nil, errors.Join(err, os.Remove(tmp.Name()))
	}
	// Nothing is synced before the end: a file without its name is worth nothing.
	r.db, err = bolt.Open(tmp.Name(), 0o600, &bolt.Options{
		FreelistType: bolt.FreelistMapType, NoSync: true, NoGrowSync: true, InitialMmapSize: int(info.Size()), NoStatistics: true,
		OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
			r.file, err = os.OpenFile(name, flag&^os.O_CREATE, mode)
			return r.file, err
		},
	})
	if err == nil {
		r.tx, err = r.db.Begin(true)
	}
	if err != nil {
		return nil, errors.Join(err, os.Remove(tmp.Name()))
	}
	return r, nil
}

// removeTemporary removes what interrupted replacements have left.
func removeTemporary(path string) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), temporaryPrefix(path)) {
			err = errors.Join(err, os.Remove(filepath.Join(filepath.Dir(path), e.Name())))
		}
	}
	return err
}

// put stores a record. It keeps neither key nor payload.
func (r *replacement) put(bucket, key, payload []byte) error {
	size := int64(len(key) + len(payload))
	if r.pending > 0 && r.pending+size > commitBytes {
		if err := r.commit(); err != nil {
			return err
		}
	}
	r.pending += size
	b := r.tx.Bucket(bucket)
	b.FillPercent = 0.95
	return put(b, bucket, key, payload)
}

// documents returns some documents after an ID, in order; none at the end.
func (r *replacement) documents(after ID) ([]Document, error) {
	var list []Document
	c := r.tx.Bucket(bucketDocuments).Cursor()
	for key, rec := c.Seek(idKey(after + 1)); key != nil && len(list) < pageSize; key, rec = c.Next() {
		id, err := parseID(key)
		if err != nil {
			return nil, err
		}
		payload, err := unseal(bucketDocuments, key, rec)
		if err != nil {
			return nil, err
		}
		d, err := decodeDocument(id, payload)
		if err != nil {
			return nil, err
		}
		list = append(list, d)
	}
	return list, nil
}

// searchableAt returns the document at a path that is not hidden, 0 if there is none.
func (r *replacement) searchableAt(path string, hidden *idSet) ID {
	prefix := filePrefix(path)
	c := r.tx.Bucket(bucketFiles).Cursor()
	for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
		if _, id, err := parseFileKey(key); err == nil && !hidden.has(id) {
			return id
		}
	}
	return 0
}

// commit begins a new transaction.
func (r *replacement) commit() (err error) {
	r.step("commit")
	if err := r.tx.Commit(); err != nil {
		return err
	}
	r.pending = 0
	r.tx, err = r.db.Begin(true)
	return err
}

// publish closes the new file, makes it durable and gives it the library's name. keepOld, if
// not empty, is a name that the old file keeps.
func (r *replacement) publish(keepOld string) error {
	err := r.commitLast()
	if err := errors.Join(err, r.db.Close()); err != nil {
		return err
	}
	if err := r.rename(keepOld); err != nil {
		return err
	}
	return syncDir(filepath.Dir(r.path))
}

// commitLast ends the last transaction and makes the new file durable.
func (r *replacement) commitLast() error {
	r.step("commit")
	if err := r.tx.Commit(); err != nil {
		return err
	}
	r.tx = nil
	r.step("sync")
	return r.db.Sync()
}

// rename gives the new file, which is durable, the library's name, which is durable once the folder is.
func (r *replacement) rename(keepOld string) error {
	if err := os.Chmod(r.tmp, r.mode); err != nil {
		return err
	}
	if keepOld != "" {
		if err := keep(r.path, keepOld); err != nil {
			return fmt.Errorf("keep the damaged file as %s: %w", keepOld, err)
		}
	}
	r.step("rename")
	if err := os.Rename(r.tmp, r.path); err != nil {
		return err
	}
	r.tmp = ""
	r.step("sync folder")
	return nil
}

// keep gives a file a second name, in place of whatever had it; where there are no
// links, that name alone.
func keep(path, name string) error {
	if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if os.Link(path, name) == nil {
		return nil
	}
	return os.Rename(path, name)
}

// discard removes a replacement that was not published; else it does nothing.
func (r *replacement) discard() {
	if r.tmp == "" {
		return
	}
	if r.tx != nil {
		r.tx.Rollback()
	}
	r.db.Close()
	os.Remove(r.tmp)
}
