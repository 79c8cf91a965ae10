package jobs

import (
	"slices"

	"clipsearch/internal/progress"
)

// Report is what a Worker tells of its work. Its methods are safe for concurrent use.
type Report struct {
	queue *Queue
	job   *job
}

// Meter returns a meter for the part of the work that begins; what earlier parts have counted is added to it.
func (r *Report) Meter() *progress.Meter {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	r.queue.fold(r.job)
	r.job.meter = new(progress.Meter)
	return r.job.meter
}

// Skip names a file that could not be read.
func (r *Report) Skip(s Skip) {
	r.queue.mu.Lock()
	defer r.queue.mu.Unlock()
	r.job.Skipped = slices.Insert(r.job.Skipped, 0, s)
	r.job.Skipped = r.job.Skipped[:min(len(r.job.Skipped), maxSkips)]
}
