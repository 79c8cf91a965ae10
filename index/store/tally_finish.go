package store

import (
	"fmt"
	"maps"
	"slices"
)

// finish reports what doesn't go together.
func (t *tally) finish(r *Report) {
	for _, bucket := range perDocument {
		orphans := idSet{slices.Clone(t.sets[string(bucket)].bits)}
		orphans.subtract(t.documents())
		if n, first := orphans.count(); n > 0 {
			r.add(false, "%s: %s that don't exist", bucket, some(n, "of %d document", first))
		}
	}
	if n := len(t.derived); n > 0 {
		r.add(false, "files and hashes: wrong %s", some(n, "for %d document", slices.Min(slices.Collect(maps.Keys(t.derived)))))
	}
	t.finishVectors(r)
	t.finishLog(r)
	t.finishSnapshots(r)
}

// finishVectors holds the vectors against what the files' records say of them.
func (t *tally) finishVectors(r *Report) {
	vectors := t.sets[string(bucketVectors)]
	lost := idSet{slices.Clone(t.flagged.bits)}
	lost.subtract(vectors)
	if n, first := lost.count(); n > 0 {
		r.add(true, "vectors: missing %s", some(n, "of %d document", first))
	}
	silent := idSet{slices.Clone(vectors.bits)}
	silent.subtract(&t.flagged)
	silent.intersect(t.documents())
	if n, first := silent.count(); n > 0 {
		r.add(false, "files: no vector is known %s that have one", some(n, "of %d document", first))
	}
}

func (t *tally) finishLog(r *Report) {
	if t.change != t.last.sequence {
		t.gaps++
	}
	if t.gaps > 0 {
		r.add(false, "log: it should have changes %d to %d, and has %d gaps", t.last.pruned+1, t.last.sequence, t.gaps)
	}
}

func (t *tally) finishSnapshots(r *Report) {
	for _, name := range slices.Sorted(maps.Keys(t.heads)) {
		h, has := t.heads[name], t.chunks[name]
		if has.chunks != h.chunks || has.bytes != h.Bytes {
			r.add(false, "snapshot %q: it has %d bytes in %d chunks, not %d in %d", name, has.bytes, has.chunks, h.Bytes, h.chunks)
		}
	}
}

// some says "of 3 documents (the first is 17)".
func some(n int, what string, first ID) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf(what+" (the first is %d)", n, first)
}
