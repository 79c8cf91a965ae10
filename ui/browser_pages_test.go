package ui

import (
	"fmt"
	"testing"
)

// everyPage are the pages of a gallery by name.
func everyPage() map[string]string {
	return map[string]string{
		"home": "/", "results": "/?q=red+snow&dedupe=1", "results-details": "/?q=red+snow&view=details", "picture": "/picture/6?q=snow",
		"like": "/?like=1&q=snow&mode=vector", "nothing": "/?q=zzz&mode=text", "problem": "/?q=red&since=tomorrow", "missing": "/picture/99",
		"help": "/help", "library": "/library", "work": "/library/jobs", "explore": "/explore", "evaluate": "/evaluate",
	}
}

func TestBrowserFitsEveryPage(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	for size, width := range map[string]int64{"wide": 1280, "phone": 390} {
		b.size(width, 844)
		for name, path := range everyPage() {
			b.open(g.server.URL + path)
			for _, scheme := range []string{"light", "dark"} {
				b.media("prefers-color-scheme", scheme)
				if wide := value[int64](b, `document.documentElement.scrollWidth`); wide > width {
					t.Errorf("%s is %d px wide on a screen of %d", path, wide, width)
				}
				is(b, `matchMedia("(prefers-color-scheme: dark)").matches`, scheme == "dark")
				b.shoot(fmt.Sprintf("%s-%s-%s", size, scheme, name))
			}
		}
	}
}
