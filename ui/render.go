package ui

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/a-h/templ"

	"clipsearch/search"
)

// frame returns what surrounds a page that a request asked for; an empty subject is the site's own title.
func (s *site) frame(r *http.Request, subject string) frame {
	title := siteName
	if subject != "" {
		title = fmt.Sprintf(searchTitle, visible(subject))
	}
	return frame{
		title: title, theme: themeOf(r), search: s.box(asking(search.Query{})),
		css: s.static.url("app.css"), script: s.static.url("app.js"), icon: s.static.url("icon.svg"), icons: s.static.url("icons.svg"),
	}
}

// render answers with a page. It is made before it is sent, so that an error while making it is not half a page.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, content templ.Component) {
	var body bytes.Buffer
	if err := content.Render(r.Context(), &body); err != nil {
		http.Error(w, serverErrorTitle, http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", cacheAsk) // and not "no-store", with which browsers do not keep a page to go back to
	w.WriteHeader(status)
	body.WriteTo(w) // a client that went away is no error of ours
}
