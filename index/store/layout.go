package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// formatVersion is the version of the file's layout that this package reads and
// writes. doc/format.md describes it byte by byte.
const formatVersion = 3

// The buckets of the file.
var (
	bucketMeta      = []byte("clipsearch") // names below → settings of the library
	bucketDocuments = []byte("documents")  // ID → document
	bucketCaptions  = []byte("captions")   // ID → captions, if any
	bucketVectors   = []byte("vectors")    // ID → half-precision vector, if any
	bucketThumbs    = []byte("thumbnails") // ID → JPEG, if any
	bucketHidden    = []byte("hidden")     // ID → when it was hidden
	bucketLog       = []byte("log")        // sequence → operation, ID
	bucketFiles     = []byte("files")      // path, 0, ID → size, time, hash (derived from documents)
	bucketHashes    = []byte("hashes")     // hash, ID → nothing (derived from documents)
	bucketSkips     = []byte("skips")      // path → why the file is not indexed
	bucketRoots     = []byte("roots")      // path → settings of an indexed folder
	bucketSnapshots = []byte("snapshots")  // name → the snapshot of a derived index
	bucketChunks    = []byte("chunks")     // name, 0, generation, number → a part of a snapshot

	buckets1 = [][]byte{
		bucketMeta, bucketDocuments, bucketCaptions, bucketVectors, bucketThumbs,
		bucketHidden, bucketLog, bucketFiles, bucketHashes, bucketSkips, bucketRoots,
	}
	allBuckets = append(buckets1[:len(buckets1):len(buckets1)], bucketSnapshots, bucketChunks)
)

// bucketsOf returns the buckets of a file of that format version.
func bucketsOf(version uint64) [][]byte {
	if version == 1 {
		return buckets1
	}
	return allBuckets
}

// The keys of bucketMeta.
var (
	keyFormat   = []byte("format")   // version of the layout
	keyLibrary  = []byte("library")  // library ID
	keyCounters = []byte("counters") // last ID and sequence given out
	keyModel    = []byte("model")    // model identity, if any
)

// maxPath is the longest path in bytes: bbolt's keys end at 32768, of which the
// files bucket needs 9 after the path.
const maxPath = 32768 - 9

// idKey returns the key of an ID or a sequence number: 8 bytes, big-endian, so that
// keys sort as numbers.
func idKey(id uint64) []byte {
	return binary.BigEndian.AppendUint64(nil, id)
}

// parseID is the inverse of idKey.
func parseID(key []byte) (uint64, error) {
	if len(key) != 8 {
		return 0, fmt.Errorf("%w: key of %d bytes instead of 8", ErrCorrupt, len(key))
	}
	return binary.BigEndian.Uint64(key), nil
}

// fileKey returns the key of a document's file: path, 0, ID.
func fileKey(path string, id ID) []byte {
	key := make([]byte, 0, len(path)+9)
	return binary.BigEndian.AppendUint64(append(append(key, path...), 0), id)
}

// filePrefix returns what the keys of all documents at path begin with.
func filePrefix(path string) []byte {
	return append([]byte(path), 0)
}

// parseFileKey is the inverse of fileKey.
func parseFileKey(key []byte) (path string, id ID, err error) {
	n := len(key) - 9
	if n < 1 || bytes.IndexByte(key, 0) != n {
		return "", 0, fmt.Errorf("%w: key of a file has no path and ID", ErrCorrupt)
	}
	return string(key[:n]), binary.BigEndian.Uint64(key[n+1:]), nil
}

// hashKey returns the key of a document's hash: hash, ID.
func hashKey(hash [32]byte, id ID) []byte {
	return binary.BigEndian.AppendUint64(hash[:], id)
}

// checkPath returns ErrPath, without naming the path, if it cannot be a document's.
func checkPath(path string) error {
	switch {
	case path == "":
		return fmt.Errorf("%w: it is empty", ErrPath)
	case len(path) > maxPath:
		return fmt.Errorf("%w: it has %d bytes, more than %d", ErrPath, len(path), maxPath)
	case bytes.IndexByte([]byte(path), 0) >= 0:
		return fmt.Errorf("%w: it holds a NUL byte", ErrPath)
	}
	return nil
}
