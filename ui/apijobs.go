package ui

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"clipsearch/internal/jobs"
)

// maxTask bounds the JSON of a task: a hundred folders of the longest paths.
const maxTask = 1 << 20

// apiJobs answers GET /api/v1/jobs.
func (s *site) apiJobs(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"jobs": s.jobs.List()})
}

// apiJob answers GET /api/v1/jobs/{id}.
func (s *site) apiJob(w http.ResponseWriter, r *http.Request) {
	s.answerJob(w, r, s.jobs.Get)
}

// apiChangeJob answers POST /api/v1/jobs/{id}/pause and its siblings.
func (s *site) apiChangeJob(change func(id uint64) (jobs.Job, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.answerJob(w, r, change) }
}

// answerJob answers with the job of the address's number.
func (s *site) answerJob(w http.ResponseWriter, r *http.Request, get func(id uint64) (jobs.Job, error)) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	if err != nil {
		apiError(w, r, fmt.Errorf("%w: %s", jobs.ErrNoJob, visible(r.PathValue("id"))))
		return
	}
	job, err := get(id)
	if err != nil {
		apiError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, job)
}

// apiStartJob answers POST /api/v1/jobs: 201 with the job that does the task in the body. A form cannot send that type of
// content, so that what a page of another site could make a browser send is refused twice; see guard.
func (s *site) apiStartJob(w http.ResponseWriter, r *http.Request) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		writeJSON(w, http.StatusUnsupportedMediaType, map[string]string{"error": "a job is described by JSON: Content-Type: application/json"})
		return
	}
	var task jobs.Task
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxTask))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&task); err != nil {
		apiError(w, r, fmt.Errorf("%w: %w", jobs.ErrBadTask, err))
		return
	}
	job, err := s.jobs.Start(task)
	if err != nil {
		apiError(w, r, err)
		return
	}
	w.Header().Set("Location", fmt.Sprintf("/api/v1/jobs/%d", job.ID))
	writeJSON(w, http.StatusCreated, job)
}

// apiNotFound answers where the API has nothing.
func (s *site) apiNotFound(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusNotFound, map[string]string{"error": "there is nothing at this address; /api/v1/openapi.json lists what there is"})
}
