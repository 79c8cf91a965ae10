package ui

import "net/http"

const (
	themeCookie = "clipsearch-theme"
	themeAge    = 365 * 24 * 60 * 60 // s
)

// themeOf returns the colours that a person has chosen, "" if the system chooses.
func themeOf(r *http.Request) string {
	if cookie, err := r.Cookie(themeCookie); err == nil && (cookie.Value == "light" || cookie.Value == "dark") {
		return cookie.Value
	}
	return ""
}

// otherTheme returns what the switch changes a theme to: the system's own colours, dark, light, and round again.
func otherTheme(theme string) string {
	switch theme {
	case "":
		return "dark"
	case "dark":
		return "light"
	}
	return "system"
}

// setTheme answers POST /theme: it keeps the choice in a cookie and goes back to where it was made.
func (s *site) setTheme(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formOverhead)
	cookie := &http.Cookie{Name: themeCookie, Value: r.PostFormValue("theme"), Path: "/", MaxAge: themeAge, SameSite: http.SameSiteStrictMode}
	if cookie.Value != "light" && cookie.Value != "dark" {
		cookie.Value, cookie.MaxAge = "", -1
	}
	http.SetCookie(w, cookie)
	http.Redirect(w, r, s.backTo(r), http.StatusSeeOther)
}
