package ui

import "net/http"

// keyGroup are the keys of one part of the pages.
type keyGroup struct {
	title string
	keys  []keyHelp
}

// keyHelp says what keys do.
type keyHelp struct {
	keys []string
	does string
}

// helpPage answers GET /help.
func (s *site) helpPage(w http.ResponseWriter, r *http.Request) {
	f := s.frame(r, helpTitle)
	f.here = "/help"
	s.render(w, r, http.StatusOK, helpPage(f, keyGroups()))
}
