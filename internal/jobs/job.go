// Package jobs runs long work on a library, one piece after the other, so that it can be watched, paused, resumed and
// cancelled while it runs, and keeps what became of it.
//
// New makes a Queue; Queue.Run lets a Worker do what Start puts into it until its context ends. Work that is done
// elsewhere, such as that of a command, can be shown beside it: see Queue.Observe.
//
// It knows nothing of libraries and pictures and prints nothing. When the process ends it forgets what became of jobs; those
// that are not over it can keep in a file, from which the next process has them (Queue.Remember). Work is expected to
// leave behind what it has finished, and to go on there.
package jobs

import (
	"time"

	"clipsearch/internal/progress"
)

// Kind is a kind of work.
type Kind string

// The kinds.
const (
	Index   Kind = "index"   // take pictures in and keep the library in step with their folders
	Verify  Kind = "verify"  // check every record, and what is derived from them
	Compact Kind = "compact" // write the file anew without what is gone
	Rebuild Kind = "rebuild" // make what is derived anew: the caption index, the graph of vectors, their copies in the file
)

// Task is what is to be done.
type Task struct {
	Kind    Kind     `json:"kind"`
	Folders []string `json:"folders,omitempty"` // of Index, absolute; none: all that the library knows
	Exclude []string `json:"exclude,omitempty"` // of Index: patterns for Folders, in place of those they were last given
}

// Origin says who asked for a job.
type Origin string

// The origins.
const (
	Here    Origin = "here"    // whoever uses the Queue
	Command Origin = "command" // another process of this machine
	Watch   Origin = "watch"   // a change in the folders
)

// State is where a job stands.
type State string

// The states. The last three are final.
const (
	Waiting     State = "waiting" // for its turn
	Running     State = "running"
	Pausing     State = "pausing" // running, and told to stop for now
	Paused      State = "paused"
	Interrupted State = "interrupted" // by the end of the process that worked on it; see Queue.Remember
	Cancelling  State = "cancelling"  // running, and told to stop for good
	Done        State = "done"
	Failed      State = "failed"
	Cancelled   State = "cancelled"
)

// Final reports whether a job in this state is over.
func (s State) Final() bool { return s == Done || s == Failed || s == Cancelled }

// Job is a task and what has become of it. Its JSON is part of the API.
type Job struct {
	ID uint64 `json:"id"` // from 1, in the order of asking
	Task
	Origin  Origin    `json:"origin"`
	State   State     `json:"state"`
	Created time.Time `json:"created"`
	Started time.Time `json:"started,omitzero"` // for the first time
	Ended   time.Time `json:"ended,omitzero"`

	Progress Progress `json:"progress"`
	Skipped  []Skip   `json:"skipped"`          // the last files that could not be read, the newest first; never nil
	Result   any      `json:"result,omitempty"` // what the work came to; of each kind its own
	Error    string   `json:"error,omitempty"`  // of a failed job
}

// Progress counts what a job has done, all its runs together.
type Progress struct {
	Phase   string   `json:"phase,omitempty"` // what it is doing, for people
	Total   int64    `json:"total"`           // pieces in all; 0 while unknown
	Done    int64    `json:"done"`            // pieces finished, failed ones included
	Failed  int64    `json:"failed"`          // pieces that could not be read
	Encoded int64    `json:"encoded"`         // pieces that went through the image tower
	Rate    float64  `json:"rate"`            // pieces a second, of the current run
	Left    *float64 `json:"left_s,omitempty"`
	Elapsed float64  `json:"elapsed_s"` // seconds of counting
	Decode  float64  `json:"decode_s"`  // seconds of reading and decoding, all cores added up
	Encode  float64  `json:"encode_s"`  // seconds of the image tower
	Write   float64  `json:"write_s"`   // seconds of writing
}

// Skip is a file that could not be read.
type Skip struct {
	Path      string `json:"path"`
	PathBytes []byte `json:"path_bytes,omitempty"` // in base64, of a path that is not UTF-8
	Reason    string `json:"reason"`               // its class
	Detail    string `json:"detail"`
}

// plus returns what was counted before and now together. What remains is only the current run's to say.
func (p Progress) plus(s progress.Snapshot) Progress {
	p.Phase = s.Phase
	p.Total = p.Done + s.Total
	p.Done += s.Done
	p.Failed += s.Failed
	p.Encoded += s.Encoded
	p.Rate = s.Rate
	p.Left = nil
	if s.Left > 0 {
		left := s.Left.Seconds()
		p.Left = &left
	}
	p.Elapsed += s.Elapsed.Seconds()
	p.Decode += s.Times.Decode.Seconds()
	p.Encode += s.Times.Encode.Seconds()
	p.Write += s.Times.Write.Seconds()
	return p
}
