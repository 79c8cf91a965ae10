package jobs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// remembered is a job that was not over, as the file of Remember has it.
type remembered struct {
	Task
	Created time.Time `json:"created"`
	Started time.Time `json:"started,omitzero"`
}

// Remember keeps in a file what was asked of this queue and is not over, from now on, and takes from it what a process before
// this one has left: those jobs are Interrupted. A file that cannot be understood is an error, and is replaced with the
// next change; one that cannot be written is no error: the jobs are then forgotten with the process. The second call does nothing.
func (q *Queue) Remember(path string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.file != "" {
		return nil
	}
	defer func() { q.file = path }() // and not before, so that it is left alone until all of it is read
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var left []remembered
	if err := json.Unmarshal(data, &left); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	q.written = data
	for _, r := range left[:min(len(left), maxWaiting)] {
		j := q.add(r.Task, Here, Interrupted)
		j.Created, j.Started = r.Created, r.Started
	}
	return nil
}

// write brings the file in step. The caller holds mu.
func (q *Queue) write() {
	if q.file == "" {
		return
	}
	left := []remembered{}
	for _, j := range q.jobs {
		if j.Origin == Here && !j.State.Final() && j.State != Cancelling {
			left = append(left, remembered{j.Task, j.Created, j.Started})
		}
	}
	data, err := json.Marshal(left)
	if err != nil || bytes.Equal(data, q.written) {
		return
	}
	if replaceFile(q.file, data) == nil {
		q.written = data
	}
}

// replaceFile writes a file whole.
func replaceFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
