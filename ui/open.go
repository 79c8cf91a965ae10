package ui

import (
	"fmt"
	"net/http"
	"net/netip"
)

// isLocal reports whether a request comes from this machine: only there a window that opens is seen by who asked for it.
func isLocal(r *http.Request) bool {
	from, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && from.Addr().Unmap().IsLoopback()
}

// openOutside answers POST /picture/{id}/open: it asks the system to show the file and goes back.
func (s *site) openOutside(w http.ResponseWriter, r *http.Request) {
	if s.open == nil || !isLocal(r) {
		s.message(w, r, http.StatusForbidden, openRefused)
		return
	}
	d, err := s.document(r)
	if err != nil {
		s.failDocument(w, r, err)
		return
	}
	file, _, err := openOriginal(d) // the file is there, and where it was indexed
	if err != nil {
		s.message(w, r, http.StatusNotFound, fmt.Sprintf(originalGoneText, visible(d.Path)))
		return
	}
	file.Close()
	if err := s.open(d.Path); err != nil {
		s.message(w, r, http.StatusInternalServerError, sentence(fmt.Sprintf(openFailed, err)))
		return
	}
	http.Redirect(w, r, s.backTo(r), http.StatusSeeOther)
}
