package ui

import (
	"net/http"
	"sync"
)

// answering knows whether requests are being answered, so that a server can wait for them after it has closed their
// connections: they use what is closed next.
type answering struct {
	next http.Handler

	mu    sync.RWMutex // read: an answer is being made
	ended bool
}

// ServeHTTP answers a request, unless wait was called.
func (a *answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if !a.ended {
		a.next.ServeHTTP(w, r)
	}
}

// wait returns when no request is being answered; none will be after that.
func (a *answering) wait() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended = true
}
