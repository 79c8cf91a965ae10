// Package progress counts what a long run has done, apart from whoever shows it. A run adds to a [Meter]; a printer
// takes a [Snapshot] whenever it likes.
//
// It does not print and starts no goroutine.
package progress

import (
	"sync/atomic"
	"time"
)

// Stage is a kind of work whose time is counted apart.
type Stage int

// The stages of indexing. Decode adds up over all workers, so it can exceed the elapsed time.
const (
	Decode Stage = iota // reading, hashing, decoding, thumbnail, pre-processing
	Encode              // the image tower
	Write               // transactions of the library
	Wait                // the encoder waiting for decoded pictures
	stages
)

// Meter counts one run. The zero value is ready; all methods are safe for concurrent use and on a nil Meter do nothing.
type Meter struct {
	started atomic.Int64 // Unix nanoseconds; 0 before Start
	total   atomic.Int64 // pieces of work in all
	done    atomic.Int64 // pieces finished, failed ones included
	failed  atomic.Int64
	encoded atomic.Int64
	had     atomic.Int64         // pieces that were finished before Start
	bytes   atomic.Bool          // pieces are bytes
	times   [stages]atomic.Int64 // nanoseconds
	phase   atomic.Pointer[string]
}

// Snapshot is a Meter at one moment.
type Snapshot struct {
	Phase   string        // what the run is doing, for people; "" before the first
	Total   int64         // pieces of work in all; 0 while unknown
	Done    int64         // pieces finished, failed ones included
	Failed  int64         // pieces that could not be read
	Encoded int64         // pieces that went through the image tower
	Elapsed time.Duration // since Start
	Rate    float64       // pieces a second since Start
	Left    time.Duration // estimate; 0 while unknown
	Times   Times
	Bytes   bool // pieces are bytes
}

// Times says where the time of a run went.
type Times struct{ Decode, Encode, Write, Wait time.Duration }

// Start sets the amount of work ahead and starts the clock.
func (m *Meter) Start(total int) {
	if m == nil {
		return
	}
	m.total.Store(int64(total))
	m.started.Store(time.Now().UnixNano())
}

// StartBytes sets the amount of work ahead in bytes, of which had are there already, and starts the clock.
func (m *Meter) StartBytes(total, had int64) {
	if m == nil {
		return
	}
	m.bytes.Store(true)
	m.total.Store(total)
	m.done.Store(had)
	m.had.Store(had)
	m.started.Store(time.Now().UnixNano())
}

// Phase names what the run is doing now.
func (m *Meter) Phase(name string) {
	if m != nil {
		m.phase.Store(&name)
	}
}

// Done counts n finished pieces.
func (m *Meter) Done(n int) {
	if m != nil {
		m.done.Add(int64(n))
	}
}

// Failed counts one piece that could not be read; it is finished too.
func (m *Meter) Failed() {
	if m != nil {
		m.failed.Add(1)
		m.done.Add(1)
	}
}

// Encoded counts n pieces that went through the image tower.
func (m *Meter) Encoded(n int) {
	if m != nil {
		m.encoded.Add(int64(n))
	}
}

// Spend adds the time since start to a stage.
func (m *Meter) Spend(stage Stage, start time.Time) {
	if m != nil {
		m.times[stage].Add(int64(time.Since(start)))
	}
}

// Snapshot returns the counts of now.
func (m *Meter) Snapshot() Snapshot {
	if m == nil {
		return Snapshot{}
	}
	s := Snapshot{
		Total: m.total.Load(), Done: m.done.Load(), Failed: m.failed.Load(), Encoded: m.encoded.Load(), Bytes: m.bytes.Load(),
		Times: Times{
			Decode: time.Duration(m.times[Decode].Load()), Encode: time.Duration(m.times[Encode].Load()),
			Write: time.Duration(m.times[Write].Load()), Wait: time.Duration(m.times[Wait].Load()),
		},
	}
	if phase := m.phase.Load(); phase != nil {
		s.Phase = *phase
	}
	if started := m.started.Load(); started != 0 {
		s.Elapsed = time.Since(time.Unix(0, started))
	}
	if fresh := s.Done - m.had.Load(); s.Elapsed > 0 && fresh > 0 {
		s.Rate = float64(fresh) / s.Elapsed.Seconds()
		s.Left = time.Duration(float64(s.Total-s.Done) / s.Rate * float64(time.Second))
	}
	return s
}
