package ui

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"time"

	"clipsearch/internal/jobs"
)

const (
	maxStreams   = 32                     // of events at once: a browser opens one a page
	eventsEvery  = 500 * time.Millisecond // while a job runs: what an eye can follow
	eventsAtMost = 100 * time.Millisecond // between two looks: jobs that end at once are told of together
	pingEvery    = 15 * time.Second       // so that both ends notice when the other one has gone
	eventTimeout = 10 * time.Second       // to send one
)

// apiJobEvents answers GET /api/v1/jobs/events with a stream of server-sent events, until the client or the server ends:
//
//	event: job       data: a job, as GET /api/v1/jobs/{id} has it; each that there is at first, then what has changed
//	event: library   data: {"sequence": N}, which changes when the library does
func (s *site) apiJobEvents(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "too many pages listen already"})
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", cacheNever)
	w.WriteHeader(http.StatusOK)
	stream := eventStream{control: http.NewResponseController(w), w: w, sent: map[string][]byte{}}
	for {
		changed := s.jobs.Changed()
		all := s.jobs.List()
		for _, job := range slices.Backward(all) {
			stream.send(fmt.Sprint("job ", job.ID), "job", job)
		}
		stream.send("library", "library", map[string]uint64{"sequence": s.library.Sequence()})
		if stream.flush() != nil || !pause(r, changed, eventsWait(all)) {
			return
		}
	}
}

// eventsWait returns how long nothing need be said if no job changes its state.
func eventsWait(all []jobs.Job) time.Duration {
	if slices.ContainsFunc(all, func(j jobs.Job) bool { return j.State == jobs.Running }) {
		return eventsEvery
	}
	return pingEvery
}

// pause waits until changed is closed or the time is over, and never less than eventsAtMost; false when the client or the
// server ends.
func pause(r *http.Request, changed <-chan struct{}, most time.Duration) bool {
	for _, wait := range []struct {
		changed <-chan struct{}
		most    time.Duration
	}{{nil, eventsAtMost}, {changed, most - eventsAtMost}} {
		select {
		case <-time.After(wait.most):
		case <-wait.changed:
		case <-r.Context().Done():
			return false
		case <-ending(r):
			return false
		}
	}
	return true
}

// eventStream writes server-sent events.
type eventStream struct {
	control *http.ResponseController
	w       http.ResponseWriter
	sent    map[string][]byte // what was sent last of each thing
	pending bytes.Buffer
}

// send adds an event of a thing, if it is not what was sent of it last.
func (e *eventStream) send(thing, event string, v any) {
	data, err := json.Marshal(v)
	if err != nil || bytes.Equal(e.sent[thing], data) { // all that jobs hold can be written
		return
	}
	e.sent[thing] = data
	fmt.Fprintf(&e.pending, "event: %s\ndata: %s\n\n", event, data)
}

// flush sends what was added, or a comment if that is nothing.
func (e *eventStream) flush() error {
	if e.pending.Len() == 0 {
		e.pending.WriteString(": nothing new\n\n")
	}
	if err := e.control.SetWriteDeadline(time.Now().Add(eventTimeout)); err != nil {
		return err
	}
	if _, err := e.pending.WriteTo(e.w); err != nil {
		return err
	}
	return e.control.Flush()
}
