package store

import (
	"context"
	"errors"
	"fmt"
)

// Problem is something that is wrong with a library.
type Problem struct {
	What string // for people
	// Lost: what is damaged exists nowhere else in the file. Repair leaves it out.
	// Else it is derived from what is good, or superfluous, and Repair mends it.
	Lost bool
}

// Report is what Verify found. No problems: the library is whole.
type Report struct {
	Problems []Problem // the first maxProblems
	Omitted  int       // problems beyond those
	Records  int64     // that were read
	Bytes    int64     // of pages that were read
}

// maxProblems bounds a report: a file that is damaged all over has millions.
const maxProblems = 1000

// Clean reports whether nothing is wrong.
func (r *Report) Clean() bool { return len(r.Problems) == 0 }

// Lost reports whether anything is damaged that exists nowhere else in the file.
func (r *Report) Lost() bool {
	for _, p := range r.Problems {
		if p.Lost {
			return true
		}
	}
	return r.Omitted > 0
}

func (r *Report) add(lost bool, format string, args ...any) {
	if len(r.Problems) == maxProblems {
		r.Omitted++
		return
	}
	r.Problems = append(r.Problems, Problem{What: fmt.Sprintf(format, args...), Lost: lost})
}

// Verify reads the whole file: every page, every record and its checksum, and
// whether what they say goes together. progress, if not nil, is called with the
// bytes read and the size. Others may read and write meanwhile, but a write that
// makes the file grow waits. The error is of reading or ctx; damage is in the
// report.
func (s *Store) Verify(ctx context.Context, progress func(done, total int64)) (Report, error) {
	v := &verifier{pass: pass{ctx: ctx, progress: progress}}
	err := s.view(func(tx *txn) error { return v.run(s, tx) })
	if errors.Is(err, ErrCorrupt) { // beyond what is checked record by record
		v.report.add(true, "%v", err)
		err = nil
	}
	return v.report, s.failed("verify", err)
}

// verifier checks one transaction.
type verifier struct {
	pass
	tally  *tally
	report Report
}

func (v *verifier) run(s *Store, tx *txn) error {
	v.problem = func(bucket []byte, err error) error {
		v.report.add(!isDerived(bucket), "%v", err)
		return nil
	}
	v.record = v.check
	settings := tx.Bucket(bucketMeta)
	last, err := readCounters(settings)
	if err != nil {
		return err
	}
	model, err := readModel(settings)
	if err != nil {
		return err
	}
	v.tally = newTally(last, model.Dims)
	c, roots, err := v.start(s, tx.Tx)
	if err != nil {
		return err
	}
	v.metas(s, tx)
	for _, name := range bucketsOf(s.format) {
		if err := v.bucket(c, name, roots[string(name)]); err != nil {
			return err
		}
	}
	v.report.Bytes = v.done
	v.freePages(s, tx, c)
	v.tally.finish(&v.report)
	return nil
}

// check is called with every record whose checksum is good.
func (v *verifier) check(bucket, key, payload []byte) error {
	v.report.Records++
	return v.tally.add(bucket, key, payload)
}

// metas checks that both meta pages are good: bbolt needs one, and the older one
// has lost the last transaction.
func (v *verifier) metas(s *Store, tx *txn) {
	_, ok, err := readMetas(s.file, tx.DB().Info().PageSize)
	if err != nil || !ok[0] || !ok[1] {
		v.report.add(false, "one of the two pages that begin the file is damaged: the last change may be lost")
	}
}

// freePages checks the list of free pages, and that every page is in use or free.
func (v *verifier) freePages(s *Store, tx *txn, c *pageCheck) {
	if !v.report.Clean() {
		return // pages behind a damaged one seem unused
	}
	m, err := s.meta(tx.Tx)
	if err == nil {
		err = c.freelist(m.freelist)
	}
	if err != nil {
		v.report.add(false, "%v", err)
		return
	}
	unused := 0
	for id := uint64(2); id < c.pages; id++ {
		if !c.used.has(id) {
			unused++
		}
	}
	if unused > 0 {
		v.report.add(false, "%d pages are neither in use nor free", unused)
	}
}
