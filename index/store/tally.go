package store

import (
	"fmt"
	"hash/fnv"
)

// tally holds the records of a library against each other. It is given all records,
// bucket by bucket in the order of allBuckets and each in order of keys, and keeps a
// few bytes a document.
type tally struct {
	last    counters
	dims    int
	sets    map[string]*idSet // IDs in documents and in the buckets of what belongs to them
	flagged idSet             // IDs whose file record says that there is a vector
	derived map[ID]uint64     // digests of what files and hashes should hold less of what they do; 0 is left out
	path    string            // of the file record before
	shown   bool              // a document at that path is searchable
	change  uint64            // the last in the log, or before its first
	gaps    int               // in the log
	heads   map[string]head   // of snapshots
	chunks  map[string]part   // of their generations
}

// part is how much there is of a snapshot.
type part struct {
	chunks uint64
	bytes  int64
}

// perDocument are the buckets of what belongs to a document.
var perDocument = [][]byte{bucketCaptions, bucketVectors, bucketThumbs, bucketHidden}

func newTally(last counters, dims int) *tally {
	t := &tally{
		last: last, dims: dims, sets: map[string]*idSet{string(bucketDocuments): {}}, derived: map[ID]uint64{},
		change: last.pruned, heads: map[string]head{}, chunks: map[string]part{},
	}
	for _, bucket := range perDocument {
		t.sets[string(bucket)] = &idSet{}
	}
	return t
}

func (t *tally) documents() *idSet { return t.sets[string(bucketDocuments)] }

// add takes a record in; ErrCorrupt if by itself it makes no sense.
func (t *tally) add(bucket, key, payload []byte) error {
	if set, ok := t.sets[string(bucket)]; ok {
		id, err := parseID(key)
		if err != nil {
			return err
		}
		if id == 0 || id > t.last.id {
			return fmt.Errorf("%w: IDs end at %d", ErrCorrupt, t.last.id)
		}
		if err := t.addOfDocument(bucket, id, payload); err != nil {
			return err
		}
		set.add(id)
		return nil
	}
	switch string(bucket) {
	case string(bucketLog):
		return t.addChange(key, payload)
	case string(bucketFiles):
		return t.addFile(key, payload)
	case string(bucketHashes):
		return t.addHash(key, payload)
	case string(bucketSnapshots):
		return t.addHead(key, payload)
	case string(bucketChunks):
		return t.addChunk(key, payload)
	case string(bucketSkips):
		_, err := decodeSkip(string(key), payload)
		return err
	case string(bucketRoots):
		_, err := decodeRoot(string(key), payload)
		return err
	}
	return nil // settings were read when the library was opened
}

func (t *tally) addOfDocument(bucket []byte, id ID, payload []byte) (err error) {
	switch string(bucket) {
	case string(bucketDocuments):
		var d Document
		if d, err = decodeDocument(id, payload); err == nil {
			t.expect(&d)
		}
	case string(bucketCaptions):
		_, err = decodeCaptions(payload)
	case string(bucketVectors):
		if len(payload) != 2*t.dims {
			err = fmt.Errorf("%w: %d bytes for %d values", ErrCorrupt, len(payload), t.dims)
		}
	case string(bucketHidden):
		_, err = decodeHidden(payload)
	}
	return err
}

// expect notes what files and hashes should hold of a document.
func (t *tally) expect(d *Document) {
	t.count(d.ID, digest(fileKey(d.Path, d.ID), encodeFile(d, false)))
	if d.Hash != ([32]byte{}) {
		t.count(d.ID, digest(hashKey(d.Hash, d.ID), nil))
	}
}

// count adds to a document's sum.
func (t *tally) count(id ID, digest uint64) {
	if sum := t.derived[id] + digest; sum != 0 {
		t.derived[id] = sum
	} else {
		delete(t.derived, id)
	}
}

func digest(key, payload []byte) uint64 {
	h := fnv.New64a()
	h.Write(key)
	h.Write(payload)
	return h.Sum64()
}

func (t *tally) addFile(key, payload []byte) error {
	f, err := decodeFile(key, payload)
	if err != nil {
		return err
	}
	t.count(f.ID, -digest(key, encodeFile(&Document{Size: f.Size, ModTime: f.ModTime, Hash: f.Hash}, false)))
	if f.HasVector {
		t.flagged.add(min(f.ID, t.last.id+1))
	}
	if f.Path != t.path {
		t.path, t.shown = f.Path, false
	}
	if t.sets[string(bucketHidden)].has(f.ID) {
		return nil
	}
	if t.shown {
		return fmt.Errorf("%w: two searchable documents have that path", ErrCorrupt)
	}
	t.shown = true
	return nil
}

func (t *tally) addHash(key, payload []byte) error {
	if len(key) != 40 || len(payload) != 0 {
		return fmt.Errorf("%w: it is not a hash and an ID", ErrCorrupt)
	}
	id, err := parseID(key[32:])
	t.count(id, -digest(key, nil))
	return err
}

func (t *tally) addChange(key, payload []byte) error {
	sequence, err := parseID(key)
	if err != nil {
		return err
	}
	if sequence != t.change+1 {
		t.gaps++
	}
	t.change = sequence
	c, err := decodeChange(sequence, payload)
	if err == nil && (c.Op < OpPut || c.Op > OpForget || c.ID == 0 || c.ID > t.last.id) {
		err = fmt.Errorf("%w: operation %d on document %d", ErrCorrupt, c.Op, c.ID)
	}
	return err
}

func (t *tally) addHead(key, payload []byte) error {
	h, err := decodeHead(payload)
	if err == nil && h.Sequence > t.last.sequence {
		err = fmt.Errorf("%w: of change %d, the library has %d", ErrCorrupt, h.Sequence, t.last.sequence)
	}
	if err == nil {
		t.heads[string(key)] = h
	}
	return err
}

func (t *tally) addChunk(key, payload []byte) error {
	name, generation, number, err := parseChunkKey(key)
	if err != nil || generation != t.heads[name].generation {
		return err // of another generation: left by a crash, not a fault
	}
	p := t.chunks[name]
	if number != p.chunks {
		return fmt.Errorf("%w: it follows number %d", ErrCorrupt, int64(p.chunks)-1)
	}
	t.chunks[name] = part{p.chunks + 1, p.bytes + int64(len(payload))}
	return nil
}
