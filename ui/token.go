package ui

import (
	"crypto/subtle"
	"net/http"
	"strings"
)

// gate lets in only who knows a token: by the link that has it, by the cookie that the link leaves behind, or by a header.
type gate struct {
	token  string // "": everybody is let in
	cookie string // name: with the port, since the servers of one host share their cookies
}

// admits reports whether a request may pass, as far as the token goes.
func (g gate) admits(r *http.Request) bool {
	if g.token == "" || strings.HasPrefix(r.URL.Path, "/static/") { // the page that refuses has a style, too
		return true
	}
	if cookie, err := r.Cookie(g.cookie); err == nil && g.knows(cookie.Value) {
		return true
	}
	given, isBearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	return isBearer && g.knows(given)
}

// knows compares in a time that says nothing about where the two differ.
func (g gate) knows(given string) bool {
	return subtle.ConstantTimeCompare([]byte(given), []byte(g.token)) == 1
}

// opens reports whether a request is the link with the token.
func (g gate) opens(r *http.Request) bool {
	return g.token != "" && r.Method == http.MethodGet && g.knows(r.URL.Query().Get("token"))
}

// open leaves the cookie behind and goes on to the address without the token, which is thus in no history and no reference.
func (g gate) open(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: g.cookie, Value: g.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	to := *r.URL
	query := to.Query()
	query.Del("token")
	to.RawQuery = query.Encode()
	w.Header().Set("Cache-Control", cacheNever)
	http.Redirect(w, r, to.RequestURI(), http.StatusSeeOther)
}
