package ui

import (
	"os"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// serious runs axe-core and names what it finds that shuts people out, one a line.
const serious = `(async () => {
	const { violations, passes } = await axe.run(document);
	if (passes.length < 15) return "axe-core has tried " + passes.length + " rules only";
	return violations.filter((v) => ["serious", "critical"].includes(v.impact))
		.map((v) => v.id + ": " + v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160) + " " + (n.any[0]?.message ?? "")).join(" | ")).join("\n");
})()`

// TestBrowserShutsNobodyOut looks at every page, and at what opens over them, by the rules of axe-core.
func TestBrowserShutsNobodyOut(t *testing.T) {
	axe, err := os.ReadFile("testdata/axe/node_modules/axe-core/axe.min.js")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("no axe-core here; run: scripts/axe.sh")
	}
	g := newGallery(t)
	g.working()
	b := newTab(t)
	check := func(what string) {
		t.Helper()
		value[bool](b, string(axe)+"; true")
		if found := value[string](b, serious); found != "" {
			t.Errorf("%s:\n%s", what, found)
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		b.media("prefers-color-scheme", scheme)
		for name, path := range everyPage() {
			b.open(g.server.URL + path)
			check(scheme + " " + name)
		}
		b.open(g.server.URL + "/?q=snow&view=details&folder=2019")
		b.press("f")
		b.until(`document.querySelector(".filters").open`)
		check(scheme + " filters")
		b.press(kb.Escape + kb.ArrowRight + kb.Enter)
		b.until(`document.querySelector("dialog.overlay")?.open`)
		check(scheme + " viewer over results")
		b.press(kb.Escape)
		b.until(`!document.querySelector("dialog")`)
		b.press("?")
		b.until(`document.querySelector("dialog.helped")?.open`)
		check(scheme + " help")
	}
	b.size(390, 844)
	for _, path := range []string{"/?q=snow", "/picture/6?q=snow", "/library"} {
		b.open(g.server.URL + path)
		check("phone " + path)
	}
}
