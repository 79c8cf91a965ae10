package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
)

// RepairReport says what Repair has done.
type RepairReport struct {
	Lost      []string // what could not be read and is not in the new file, for people; the first maxProblems
	Kept      string   // where the damaged file is now; "" if nothing was lost
	Documents int      // in the new file
}

// Repair writes the library at path anew from what of it can be read: documents
// and what belongs to them. It derives from these what can be derived, drops
// snapshots and log, so that whoever follows starts anew, and gives the new file the
// old one's name when it is complete and durable. If anything is lost, the old file
// stays beside it, and the new one has another library ID, so that nobody takes it
// for the old one. ErrCorrupt if the file is damaged where everything begins.
func Repair(ctx context.Context, path string, progress func(done, total int64)) (RepairReport, error) {
	report, err := repairFile(ctx, path, progress)
	if err != nil {
		return RepairReport{}, fmt.Errorf("repair %s: %w", path, err)
	}
	return report, nil
}

func repairFile(ctx context.Context, path string, progress func(done, total int64)) (RepairReport, error) {
	if err := inspect(path); err != nil {
		return RepairReport{}, err
	}
	s := &Store{path: path, readOnly: true, checked: newChecked()}
	// For reading: opening it for writing would read a list of free pages that may be bad.
	if err := s.openBolt(Options{ReadOnly: true}); err != nil {
		return RepairReport{}, err
	}
	r := &repair{pass: pass{ctx: ctx, progress: progress}, s: s}
	report, err := r.all()
	return report, errors.Join(err, s.Close())
}

// repair copies what is good.
type repair struct {
	pass
	s      *Store
	model  Model
	last   counters
	tally  *tally // of what was good
	report RepairReport
	dst    *replacement
}

// repaired are the buckets to read; the log only for its numbers.
var repaired = [][]byte{
	bucketDocuments, bucketCaptions, bucketVectors, bucketThumbs, bucketHidden, bucketLog, bucketSkips, bucketRoots,
}

func (r *repair) all() (RepairReport, error) {
	library, err := r.settings()
	if err != nil {
		return RepairReport{}, err
	}
	// The limit on IDs is off: should the counter be lost, it is found from them.
	r.tally = newTally(counters{id: 1 << 62, sequence: 1 << 62}, r.model.Dims)
	if r.dst, err = newReplacement(r.s.path, library, nil); err != nil {
		return RepairReport{}, err
	}
	defer r.dst.discard()
	r.record = r.copy
	r.problem = func(bucket []byte, err error) error {
		if !isDerived(bucket) {
			r.lose("%v", err)
		}
		return nil
	}
	if err := r.run(r.s, repaired); err != nil {
		return RepairReport{}, err
	}
	if err := r.derive(); err != nil {
		return RepairReport{}, err
	}
	return r.report, r.finish()
}

func (r *repair) lose(format string, args ...any) {
	if len(r.report.Lost) == maxProblems {
		return
	}
	r.report.Lost = append(r.report.Lost, fmt.Sprintf(format, args...))
}

// settings reads what the new file takes over; it returns the library ID.
func (r *repair) settings() (library [16]byte, err error) {
	if err := r.s.checkRoot(); err != nil {
		return library, err
	}
	err = r.s.view(func(tx *txn) error {
		settings := tx.Bucket(bucketMeta)
		if settings == nil {
			return ErrNotLibrary
		}
		if _, err := readFormat(settings); errors.Is(err, ErrNewer) {
			return err
		}
		id, err := get(settings, bucketMeta, keyLibrary)
		if err != nil || copy(library[:], id) != len(library) {
			r.lose("the library's ID")
		}
		if r.last, err = readCounters(settings); err != nil {
			r.lose("the last ID and change: %v", err)
		}
		if r.model, err = readModel(settings); err != nil {
			r.lose("the model, so all vectors: %v", err)
		}
		return nil
	})
	return library, err
}

// copy stores a record if it makes sense and belongs to a document that is there.
func (r *repair) copy(bucket, key, payload []byte) error {
	if r.model.ID == "" && string(bucket) == string(bucketVectors) {
		return nil // nobody could say what they mean
	}
	if err := r.tally.add(bucket, key, payload); err != nil {
		return err
	}
	switch string(bucket) {
	case string(bucketLog):
		c, err := decodeChange(0, payload)
		if err == nil {
			sequence, _ := parseID(key) // the tally has read it too
			r.last.sequence, r.last.id = max(r.last.sequence, sequence), max(r.last.id, c.ID)
		}
		return err
	case string(bucketDocuments):
		r.report.Documents++
	case string(bucketCaptions), string(bucketVectors), string(bucketThumbs), string(bucketHidden):
		if id, err := parseID(key); err != nil || !r.tally.documents().has(id) {
			return err
		}
	}
	return r.dst.put(bucket, key, payload)
}

// finish writes the settings and puts the new file in place.
func (r *repair) finish() error {
	r.last.id = max(r.last.id, r.tally.documents().highest())
	r.last.pruned = r.last.sequence
	keep := ""
	if len(r.report.Lost) > 0 {
		keep = r.dst.path + ".damaged"
		r.report.Kept = keep
		var library [16]byte
		rand.Read(library[:]) // never fails
		if err := r.dst.put(bucketMeta, keyLibrary, library[:]); err != nil {
			return err
		}
	}
	if err := r.dst.put(bucketMeta, keyCounters, encodeCounters(r.last)); err != nil {
		return err
	}
	if r.model.ID != "" {
		if err := r.dst.put(bucketMeta, keyModel, encodeModel(r.model)); err != nil {
			return err
		}
	}
	return r.dst.publish(keep)
}

// derive writes files and hashes from the documents of the new file.
func (r *repair) derive() error {
	for after := ID(0); ; {
		documents, err := r.dst.documents(after)
		if err != nil || len(documents) == 0 {
			return err
		}
		for i := range documents {
			d := &documents[i]
			after = d.ID
			if err := r.deriveFrom(d); err != nil {
				return err
			}
		}
	}
}

func (r *repair) deriveFrom(d *Document) error {
	hidden := r.tally.sets[string(bucketHidden)]
	if other := r.dst.searchableAt(d.Path, hidden); other != 0 && !hidden.has(d.ID) {
		// Which of them is hidden has been lost; the newer one was shown last.
		r.lose("document %d is hidden: document %d has the same path", other, d.ID)
		hidden.add(other)
		if err := r.dst.put(bucketHidden, idKey(other), encodeHidden(d.Indexed)); err != nil {
			return err
		}
	}
	hasVector := r.tally.sets[string(bucketVectors)].has(d.ID)
	if err := r.dst.put(bucketFiles, fileKey(d.Path, d.ID), encodeFile(d, hasVector)); err != nil {
		return err
	}
	if d.Hash == ([32]byte{}) {
		return nil
	}
	return r.dst.put(bucketHashes, hashKey(d.Hash, d.ID), nil)
}
