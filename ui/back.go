package ui

import (
	"net/http"
	"net/url"
	"path"
)

// backTo returns the page of this server that a request came from, the start page if it does not say.
func (s *site) backTo(r *http.Request) string {
	from, err := url.Parse(r.Referer())
	if err != nil || from.Host != r.Host {
		return "/"
	}
	return (&url.URL{Path: path.Clean("/" + from.Path), RawQuery: from.RawQuery}).RequestURI() // "//host" would be another one
}
