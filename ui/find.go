package ui

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"clipsearch/search"
)

// findIn returns the search within a picture: what is looked for, and the drawing of where it is. The drawing is made when
// the browser asks for it.
func (s *site) findIn(r *http.Request, d search.Document) findView {
	values := r.URL.Query()
	v := findView{possible: s.locator != nil, text: strings.TrimSpace(values.Get("find"))}
	values.Del("find")
	for _, name := range sortedNames(values) {
		for _, value := range values[name] {
			v.carried = append(v.carried, field{name, value})
		}
	}
	if v.text == "" || !v.possible {
		return v
	}
	v.overlay = fmt.Sprintf("/api/v1/documents/%d/locate.png?%s", d.ID, url.Values{"q": {v.text}}.Encode())
	v.clear = r.URL.Path
	if len(values) > 0 {
		v.clear += "?" + values.Encode()
	}
	return v
}

// sortedNames returns the names of an address's parameters in order.
func sortedNames(values url.Values) []string {
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
