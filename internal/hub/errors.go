package hub

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Errors of asking for a repository.
var (
	// ErrName: that can be no repository's name or address.
	ErrName = errors.New("not the name of a repository")
	// ErrNotFound: there is no such repository, revision or file, or none that may be seen.
	ErrNotFound = errors.New("not found")
	// ErrDenied: the repository is private or gated, and may not be read.
	ErrDenied = errors.New("access denied")
	// ErrAnswer: the server's answer is not the hub's.
	ErrAnswer = errors.New("not an answer of the hub")
)

// Errors of a download.
var (
	// ErrBusy: the server asks to come back later (429, 5xx), and did so too often.
	ErrBusy = errors.New("the server is busy")
	// ErrBroken: the connection broke or stood still too often.
	ErrBroken = errors.New("the connection breaks")
	// ErrHash: what came is not what the hub says it is.
	ErrHash = errors.New("not the file that the hub names")
	// ErrNoSpace: the disk has no room for the files.
	ErrNoSpace = errors.New("no space left on the disk")
)

// Error is a fault with what the user can do about it.
type Error struct {
	Object string // repository, file or address
	Err    error  // not nil
	Advice string // what the user can do, or ""
}

// Error returns object and fault in one line, without the advice.
func (e *Error) Error() string { return e.Object + ": " + e.Err.Error() }

// Unwrap returns the fault.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns one line on what the user can do, or "".
func (e *Error) Hint() string { return e.Advice }

// statusError is an answer other than the one that was asked for.
type statusError struct {
	code  int
	kind  string        // the hub's X-Error-Code; "" if it gives none
	after time.Duration // how long to wait, as the server asks; 0 if it does not say
}

// Error names the status.
func (e *statusError) Error() string {
	text := fmt.Sprintf("HTTP %d %s", e.code, http.StatusText(e.code))
	if e.kind != "" {
		text += " (" + e.kind + ")"
	}
	return text
}

// temporary reports whether the same request may succeed later.
func (e *statusError) temporary() bool {
	return e.code == http.StatusTooManyRequests || e.code == http.StatusRequestTimeout || e.code >= 500
}

// newStatusError reads what an answer says of itself. now is the time that a date is compared with.
func newStatusError(response *http.Response, now time.Time) *statusError {
	e := &statusError{code: response.StatusCode, kind: word(response.Header.Get("X-Error-Code"))}
	after := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(after); err == nil && seconds > 0 {
		e.after = time.Duration(min(seconds, 1<<20)) * time.Second
	} else if at, err := http.ParseTime(after); err == nil {
		e.after = max(0, at.Sub(now))
	}
	return e
}

// word returns s if it is one of the short words that the hub's error codes are, else "".
func word(s string) string {
	for _, r := range s {
		if !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return ""
		}
	}
	if len(s) > 40 {
		return ""
	}
	return s
}
