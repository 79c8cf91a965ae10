package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"time"
)

// CompactOptions are the ways to compact a library; the zero value forgets every
// hidden document.
type CompactOptions struct {
	HiddenFor time.Duration           // forget only documents hidden for so long
	Timeout   time.Duration           // to wait for other processes; 0 is one second
	Progress  func(done, total int64) // bytes read; nil: not called

	step func(name string) // for tests: before each step; nil: nothing
}

// CompactReport says what Compact has done.
type CompactReport struct {
	Before, After int64  // size of the file in bytes
	Forgotten     int    // documents
	Pruned        uint64 // changes that the log no longer has
}

// Compact writes the library at path anew without free space, without the documents
// whose file is gone, and without the part of the log that no snapshot needs. The
// new file takes the old one's name when it is complete and durable; whatever
// happens before leaves the old one as it is. Errors are Open's; ErrCorrupt also for
// a damaged record. It needs room for the new file in the same folder.
func Compact(ctx context.Context, path string, opts CompactOptions) (CompactReport, error) {
	report, err := compact(ctx, path, opts)
	if err != nil {
		return CompactReport{}, fmt.Errorf("compact %s: %w", path, err)
	}
	return report, nil
}

func compact(ctx context.Context, path string, opts CompactOptions) (report CompactReport, err error) {
	s, err := open(path, Options{Timeout: opts.Timeout}) // alone, also among readers
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.rewrite(ctx, opts, func(c *compaction) error { return c.dst.publish("") })
}

// rewrite writes the library into a new file, which publish gives its name. The caller keeps others from writing.
func (s *Store) rewrite(ctx context.Context, opts CompactOptions, publish func(*compaction) error) (report CompactReport, err error) {
	if err := removeTemporary(s.path); err != nil {
		return report, err
	}
	c := &compaction{pass: pass{ctx: ctx, progress: opts.Progress}, s: s, now: time.Now()}
	if err := c.prepare(opts.HiddenFor); err != nil {
		return report, err
	}
	if report.Before, err = fileSize(s.path); err != nil {
		return report, err
	}
	if err := c.write(opts.step); err != nil {
		return report, err
	}
	defer c.dst.discard()
	report.Forgotten, report.Pruned = len(c.forget), c.last.pruned-s.last.pruned
	if err := publish(c); err != nil {
		return CompactReport{}, err
	}
	report.After, err = fileSize(s.path)
	return report, err
}

// compaction decides what to copy.
type compaction struct {
	pass
	s       *Store
	now     time.Time
	forget  []ID
	dropped idSet // the same
	heads   map[string]head
	last    counters // of the new file
	dst     *replacement
}

// prepare finds the documents to forget and how much of the log is needed: what
// came after the oldest snapshot.
func (c *compaction) prepare(hiddenFor time.Duration) error {
	err := eachRow(c.ctx, c.s, bucketHidden, nil, func(_ *txn, key, payload []byte) (ID, bool, error) {
		id, err := parseID(key)
		if err != nil {
			return 0, false, err
		}
		since, err := decodeHidden(payload)
		return id, c.now.Sub(since) >= hiddenFor, err
	}, func(id ID) error {
		c.forget = append(c.forget, id)
		c.dropped.add(id)
		return nil
	})
	if err != nil {
		return err
	}
	c.last, c.heads = c.s.last, map[string]head{}
	c.last.pruned = c.last.sequence
	list, err := c.s.Snapshots()
	for _, sn := range list {
		if c.heads[sn.Name], err = c.s.head(sn.Name); err != nil {
			return err
		}
		c.last.pruned = min(c.last.pruned, max(sn.Sequence, c.s.last.pruned))
	}
	return err
}

// write makes the new file, which the caller publishes or discards.
func (c *compaction) write(step func(string)) (err error) {
	var library [16]byte
	hex.Decode(library[:], []byte(c.s.library)) // it was encoded from as many
	dst, err := newReplacement(c.s.path, library, step)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			dst.discard()
		}
	}()
	c.dst, c.record = dst, c.copy
	c.problem = func(_ []byte, err error) error { return err }
	if err := c.run(c.s, allBuckets); err != nil {
		return err
	}
	for _, id := range c.forget {
		c.last.sequence++
		if err := dst.put(bucketLog, idKey(c.last.sequence), encodeChange(Change{Op: OpForget, ID: id})); err != nil {
			return err
		}
	}
	return dst.put(bucketMeta, keyCounters, encodeCounters(c.last))
}

// copy stores a record in the new file if it is to stay.
func (c *compaction) copy(bucket, key, payload []byte) error {
	stays, err := c.stays(bucket, key)
	if err != nil || !stays {
		return err
	}
	return c.dst.put(bucket, key, payload)
}

func (c *compaction) stays(bucket, key []byte) (bool, error) {
	switch string(bucket) {
	case string(bucketDocuments), string(bucketCaptions), string(bucketVectors), string(bucketThumbs), string(bucketHidden):
		id, err := parseID(key)
		return !c.dropped.has(id), err
	case string(bucketFiles):
		_, id, err := parseFileKey(key)
		return !c.dropped.has(id), err
	case string(bucketHashes):
		id, err := parseID(key[min(32, len(key)):])
		return !c.dropped.has(id), err
	case string(bucketLog):
		sequence, err := parseID(key)
		return sequence > c.last.pruned, err
	case string(bucketChunks):
		name, generation, _, err := parseChunkKey(key)
		return generation == c.heads[name].generation, err
	}
	return true, nil
}

// fileSize returns the size of a file in bytes.
func fileSize(path string) (int64, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}
