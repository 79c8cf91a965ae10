package jobs

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// during lets a queue that remembers in a file work while fn runs, as a process does from its start to its end.
func during(t *testing.T, file string, fn func(q *Queue, b *bench)) {
	t.Helper()
	q, b := New(), newBench()
	if err := q.Remember(file); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		q.Run(ctx, b)
	}()
	synctest.Wait()
	fn(q, b)
	cancel()
	<-ended
}

// TestInterrupted holds that what was not over when a process ended is there in the next, and goes on when it is asked to.
func TestInterrupted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "new", "jobs.json")
	synctest.Test(t, func(t *testing.T) {
		during(t, file, func(q *Queue, b *bench) {
			start(t, q, Verify)
			b.done <- nil
			start(t, q, Index, "/a")
			start(t, q, Index, "/b")
			gone := start(t, q, Index, "/c")
			if _, err := q.Cancel(gone.ID); err != nil {
				t.Fatal(err)
			}
			wants(t, q, Done, Running, Waiting, Cancelled)
		})
		during(t, file, func(q *Queue, b *bench) {
			wants(t, q, Interrupted, Interrupted)
			j, err := q.Resume(1)
			if err != nil || !cmp.Equal(j.Folders, []string{"/a"}) || j.Created.IsZero() || j.Started.IsZero() {
				t.Errorf("resumed: %+v, %v", j, err)
			}
			wants(t, q, Running, Interrupted)
			b.done <- nil
			wants(t, q, Done, Interrupted)
			if again := start(t, q, Index, "/b"); again.ID != 2 {
				t.Errorf("what was interrupted is begun a second time, as job %d", again.ID)
			}
			wants(t, q, Done, Running)
		})
		during(t, file, func(q *Queue, b *bench) {
			wants(t, q, Interrupted)
			if _, err := q.Cancel(1); err != nil {
				t.Fatal(err)
			}
		})
		during(t, file, func(q *Queue, b *bench) { wants(t, q) })
	})
}

// TestKilled holds that the file is in step at every moment, not only when a process ends in order.
func TestKilled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "jobs.json")
	synctest.Test(t, func(t *testing.T) {
		during(t, file, func(q *Queue, b *bench) {
			start(t, q, Index, "/a")
			wants(t, q, Running)
			next := New() // as after a kill: the first has not ended
			if err := next.Remember(file); err != nil {
				t.Fatal(err)
			}
			wants(t, next, Interrupted)
		})
	})
}

func TestRememberNonsense(t *testing.T) {
	file := filepath.Join(t.TempDir(), "jobs.json")
	if err := os.WriteFile(file, []byte("[{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := New().Remember(file); err == nil {
		t.Error("a damaged file is read without an error")
	}
}
