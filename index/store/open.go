package store

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"

	"clipsearch/internal/regular"
)

// defaultTimeout is how long Open waits for another process to let go of the file.
const defaultTimeout = time.Second

// Options are the ways to open a library; the zero value opens an existing one
// for reading and writing.
type Options struct {
	ReadOnly bool          // share the file with other readers
	Create   bool          // make the file (0600) and its folder (0700) if absent; ignored with ReadOnly
	Timeout  time.Duration // to wait for other processes; 0 is one second
}

// Open opens the library at path. Errors name the path and are ErrNotFound,
// ErrNotLibrary, ErrInUse, ErrNewer, ErrCorrupt, or the system's.
func Open(path string, opts Options) (*Store, error) {
	s, err := open(path, opts)
	if err != nil {
		return nil, fmt.Errorf("open library %s: %w", path, err)
	}
	return s, nil
}

func open(path string, opts Options) (*Store, error) {
	for {
		s, err := openOnce(path, opts)
		if err != nil {
			return nil, err
		}
		// Compact may have put another file there while we waited for the lock.
		if now, err := os.Stat(path); err == nil {
			if mine, err := s.file.Stat(); err == nil && os.SameFile(now, mine) {
				return s, nil
			}
		}
		if err := s.Close(); err != nil {
			return nil, err
		}
	}
}

func openOnce(path string, opts Options) (*Store, error) {
	err := inspect(path)
	if errors.Is(err, ErrNotFound) && opts.Create && !opts.ReadOnly {
		if err := create(path); err != nil {
			return nil, fmt.Errorf("create it: %w", err)
		}
		err = inspect(path)
	}
	if err != nil {
		return nil, err
	}
	if !opts.ReadOnly {
		if err := precheck(path, opts.Timeout); err != nil {
			return nil, err
		}
	}
	s := &Store{path: path, readOnly: opts.ReadOnly, now: time.Now, checked: newChecked()}
	if err := s.openBolt(opts); err != nil {
		return nil, err
	}
	err = s.checkRoot()
	if err == nil {
		err = s.readMeta()
	}
	if err == nil && !opts.ReadOnly {
		err = s.migrate()
	}
	if err != nil {
		s.db.Close()
		return nil, err
	}
	return s, nil
}

// boltMagic and its places are those of bbolt's two meta pages (bbolt 1.5,
// internal/common/meta.go); it is in the byte order of the machine that made the file.
const boltMagic = 0xED0CDAED

var boltMagicOffsets = []int64{16, filePage + 16}

// filePage is the size of the file's pages in bytes: the same on every machine,
// whatever its memory pages.
const filePage = 4096

// minBytes is the size of an empty bbolt file.
const minBytes = 4 * filePage

// inspect checks, without locking it, that path is a file that bbolt may open:
// bbolt would fill an empty one.
func inspect(path string) error {
	f, err := regular.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotFound
	case errors.Is(err, regular.ErrNotRegular):
		return fmt.Errorf("%w: it is %w", ErrNotLibrary, regular.ErrNotRegular)
	case err != nil:
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	found := false
	for _, offset := range boltMagicOffsets {
		var magic [4]byte
		if _, err := f.ReadAt(magic[:], offset); err != nil && err != io.EOF {
			return err
		}
		found = found || binary.NativeEndian.Uint32(magic[:]) == boltMagic
	}
	switch {
	case !found:
		return ErrNotLibrary
	case info.Size() < minBytes:
		return fmt.Errorf("%w: it has only %d bytes", ErrCorrupt, info.Size())
	}
	return nil
}

// precheck opens the file for reading and checks what a writer trusts, some of it as
// soon as bbolt opens the file. Whoever writes to it before we do keeps it good.
func precheck(path string, timeout time.Duration) error {
	s := &Store{path: path, readOnly: true}
	if err := s.openBolt(Options{ReadOnly: true, Timeout: timeout}); err != nil {
		return err
	}
	return errors.Join(s.checkForWriting(), s.db.Close())
}

// openBolt opens the file with its lock.
func (s *Store) openBolt(opts Options) error {
	timeout := opts.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	err := s.guard(func() (err error) {
		s.db, err = bolt.Open(s.path, 0o600, &bolt.Options{
			ReadOnly: opts.ReadOnly,
			Timeout:  timeout,
			// The default, a sorted array, takes time quadratic in the free pages.
			FreelistType: bolt.FreelistMapType,
			NoStatistics: true,
			OpenFile: func(name string, flag int, mode os.FileMode) (*os.File, error) {
				f, err := os.OpenFile(name, flag&^os.O_CREATE, mode)
				s.file = f
				return f, err
			},
		})
		return err
	})
	if errors.Is(err, ErrCorrupt) && s.file != nil {
		s.file.Close() // bolt.Open panicked
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotFound
	case errors.Is(err, berrors.ErrTimeout):
		return ErrInUse
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return err
}

// readMeta checks that the file is a library of a known version, and whole, and
// reads its settings.
func (s *Store) readMeta() error {
	return s.view(func(tx *txn) error {
		meta := tx.Bucket(bucketMeta)
		if meta == nil {
			return ErrNotLibrary
		}
		var err error
		if s.format, err = readFormat(meta); err != nil {
			return err
		}
		if info, err := s.file.Stat(); err != nil {
			return err
		} else if info.Size() < tx.Size() {
			return fmt.Errorf("%w: it has %d bytes of %d", ErrCorrupt, info.Size(), tx.Size())
		}
		for _, name := range bucketsOf(s.format) {
			if tx.Tx.Bucket(name) == nil { // there: its pages are checked at its first use
				return fmt.Errorf("%w: no bucket %q", ErrCorrupt, name)
			}
		}
		return s.readSettings(meta)
	})
}

func (s *Store) readSettings(meta *bolt.Bucket) error {
	library, err := get(meta, bucketMeta, keyLibrary)
	if err != nil {
		return err
	}
	if len(library) != 16 {
		return fmt.Errorf("%w: no library ID", ErrCorrupt)
	}
	s.library = hex.EncodeToString(library)
	if s.last, err = readCounters(meta); err != nil {
		return err
	}
	s.model, err = readModel(meta)
	return err
}
