package ui

import (
	"errors"
	"net/http"

	"clipsearch/internal/jobs"
	"clipsearch/search"
)

// errUploadGone: the picture behind a token has been dropped.
var errUploadGone = errors.New(uploadGoneText)

// errBusy: there are too many requests of this kind.
var errBusy = errors.New(busyText)

// statusOf maps an error to the status of the answer.
func statusOf(err error) int {
	switch {
	case errors.Is(err, search.ErrEmptyQuery), errors.Is(err, search.ErrBadQuery), errors.Is(err, jobs.ErrBadTask):
		return http.StatusBadRequest
	case errors.Is(err, search.ErrGone), errors.Is(err, search.ErrNoDocument), errors.Is(err, jobs.ErrNoJob):
		return http.StatusNotFound
	case errors.Is(err, jobs.ErrState):
		return http.StatusConflict
	case errors.Is(err, errUploadGone):
		return http.StatusGone
	case errors.Is(err, search.ErrBadPicture), errors.Is(err, search.ErrNoVectors), errors.Is(err, search.ErrCancelled):
		return http.StatusUnprocessableEntity
	case errors.Is(err, search.ErrNoEncoder), errors.Is(err, search.ErrNotReady), errors.Is(err, jobs.ErrFull), errors.Is(err, errBusy):
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// titleOf returns the heading of an error's page.
func titleOf(status int) string {
	switch {
	case status == http.StatusForbidden:
		return forbiddenTitle
	case status == http.StatusNotFound || status == http.StatusGone:
		return notFoundTitle
	case status == http.StatusServiceUnavailable:
		return unavailableTitle
	case status >= http.StatusInternalServerError:
		return serverErrorTitle
	}
	return badRequestTitle
}

// message answers with a page that says one thing.
func (s *site) message(w http.ResponseWriter, r *http.Request, status int, text string) {
	s.render(w, r, status, messagePage(s.frame(r, titleOf(status)), titleOf(status), text))
}

// fail answers with an error's page.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	s.message(w, r, statusOf(err), sentence(err.Error()))
}

// notFound answers where there is no page.
func (s *site) notFound(w http.ResponseWriter, r *http.Request) {
	s.message(w, r, http.StatusNotFound, notFoundText)
}
