package store

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	bolt "go.etcd.io/bbolt"
)

// create makes an empty library that appears whole at path. It is no error if
// another process was faster.
func create(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	if err := tmp.Close(); err != nil {
		return err
	}
	var id [16]byte
	rand.Read(id[:]) // never fails
	if err := initialize(tmp.Name(), id); err != nil {
		return err
	}
	if err := publish(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// publish gives the file its name unless that is taken.
func publish(tmp, path string) error {
	err := os.Link(tmp, path)
	switch {
	case err == nil, errors.Is(err, fs.ErrExist):
		return nil
	case errors.Is(err, syscall.EPERM), errors.Is(err, errors.ErrUnsupported):
		return os.Rename(tmp, path) // a file system without links, such as a stick's
	}
	return err
}

// initialize writes an empty library into the empty file at path.
func initialize(path string, library [16]byte) error {
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		PageSize:     filePage,
		FreelistType: bolt.FreelistMapType,
	})
	if err != nil {
		return err
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for _, name := range allBuckets {
			if _, err := tx.CreateBucket(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		if err := writeFormat(meta, formatVersion); err != nil {
			return err
		}
		if err := put(meta, bucketMeta, keyLibrary, library[:]); err != nil {
			return err
		}
		return put(meta, bucketMeta, keyCounters, encodeCounters(counters{}))
	})
	return errors.Join(err, db.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
