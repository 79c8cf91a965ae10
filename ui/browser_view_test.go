package ui

import (
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// viewed is the caption of the picture that is looked at.
const viewed = `document.querySelector(".viewer .shown img")?.alt`

func TestBrowserViewsPictures(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	b.open(g.server.URL + "/?q=snow&mode=text")
	b.press(kb.ArrowRight + kb.Enter)
	b.at("/picture/6?mode=text&q=snow")
	b.until(viewed + ` === "two dogs playing in the snow" && document.querySelector("dialog.overlay").open`)
	b.until(allLoaded)
	is(b, `document.querySelector(".viewer .position").innerText`, "1 of 2 pictures")
	is(b, `document.querySelector(".legs .words dd").innerText.startsWith("place 1, score ")`, true)
	is(b, `document.querySelectorAll(".strip img").length > 5`, true)
	b.shoot("viewer")
	b.press(kb.ArrowRight)
	b.at("/picture/10?mode=text&q=snow")
	b.until(viewed + `?.startsWith("a red fox")`)
	b.press(kb.ArrowRight) // there is no third
	b.at("/picture/10?mode=text&q=snow")
	b.press(kb.ArrowLeft)
	b.at("/picture/6?mode=text&q=snow")
	b.press(kb.ArrowRight)
	b.at("/picture/10?mode=text&q=snow")
	b.until(viewed + `?.startsWith("a red fox")`)
	b.press(kb.Escape)
	b.at("/?mode=text&q=snow")
	b.until(`!document.querySelector("dialog") && document.activeElement.closest(".tile")?.dataset.id === "10"`) // where one was last
	b.run(chromedp.NavigateForward())
	b.until(`document.querySelector("dialog.overlay")?.open`)
	b.run(chromedp.Reload()) // the same without the results under it
	b.until(`document.querySelector("main.viewer") && !document.querySelector("dialog")`)
	b.press(kb.ArrowLeft)
	b.at("/picture/6?mode=text&q=snow")
	b.until(`document.readyState === "complete"`)
	b.press(kb.Escape)
	b.until(`location.pathname === "/" && location.search === "?mode=text&q=snow" && ` + tiles + ` === 2`)
}

func TestBrowserZooms(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	b.open(g.server.URL + "/?q=snow&mode=text")
	b.click("#r1 .shot")
	b.until(viewed + ` && document.querySelector("dialog.overlay").open`)
	transform := `new DOMMatrix(getComputedStyle(document.querySelector(".shown")).transform)`
	is(b, transform+`.a`, 1)
	b.press("+")
	b.press("+")
	is(b, transform+`.a > 1.9`, true)
	b.until(`document.querySelector(".shown img").src.includes("/original/6")`) // the file itself, to be looked at closely
	b.run(chromedp.MouseEvent("mousePressed", 500, 400, chromedp.ButtonLeft, chromedp.ClickCount(1)),
		chromedp.MouseEvent("mouseMoved", 420, 350, chromedp.ButtonLeft), chromedp.MouseEvent("mouseMoved", 400, 340, chromedp.ButtonLeft),
		chromedp.MouseEvent("mouseReleased", 400, 340, chromedp.ButtonLeft, chromedp.ClickCount(1)))
	is(b, transform+`.e < -50 && `+transform+`.a > 1.9`, true) // moved, and not taken for a click
	b.press("0")
	is(b, transform+`.a`, 1)
	b.run(chromedp.MouseClickXY(300, 300))
	is(b, transform+`.a`, 2.5)
	b.run(chromedp.MouseClickXY(300, 300))
	is(b, transform+`.a`, 1)
}

func TestBrowserCopiesAndOpens(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		if _, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
			Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted, Origin: g.server.URL,
			BrowserContextID: chromedp.FromContext(b.ctx).BrowserContextID,
		}); err != nil {
			t.Fatal(err)
		}
	}
	b.open(g.server.URL + "/?q=roses&mode=text")
	b.click("#r1 .shot")
	b.until(viewed + ` === "red roses"`)
	b.press("c")
	b.until(`document.querySelector(".toast.shown")?.innerText === "Copied"`)
	is(b, `navigator.clipboard.readText()`, g.folder+"/2020/roses.jpg")
	b.press("o")
	b.until(`!!document.querySelector("dialog.overlay")`)
	if got := <-g.opened; got != g.folder+"/2020/roses.jpg" {
		t.Errorf("opened %q", got)
	}
	is(b, `document.querySelector("a[download]").getAttribute("href")`, "/original/9?download=1")
	b.press("m")
	b.at("/?like=9")
	b.until(`!document.querySelector("dialog") && ` + tiles + ` > 1`)
}

func TestBrowserHelps(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	b.open(g.server.URL + "/?q=red")
	b.press("?")
	b.until(`document.querySelector("dialog.helped")?.open`)
	b.shoot("help-dialog")
	b.press("?")
	b.until(`!document.querySelector("dialog.helped")`)
	b.press("?")
	b.until(`document.querySelector("dialog.helped")?.open`)
	b.press(kb.Escape)
	b.until(`!document.querySelector("dialog.helped")`)
}

func TestBrowserChangesColours(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	page := `getComputedStyle(document.body).backgroundColor`
	light, dark := "rgb(255, 255, 255)", "rgb(18, 19, 21)"
	b.open(g.server.URL)
	is(b, page, light)
	b.media("prefers-color-scheme", "dark")
	is(b, page, dark)
	b.open(g.server.URL + "/?q=red") // the keys are free here
	b.press("t")
	is(b, page, dark)
	b.press("t")
	is(b, page, light)
	b.run(chromedp.Reload())
	b.until(allLoaded)
	is(b, page, light)
	b.press("t")
	is(b, page, dark)
	b.run(chromedp.Reload())
	is(b, page, dark)
	b.media("prefers-color-scheme", "light")
	is(b, page, light) // the system's choice again
}

func TestBrowserKeepsStillIfAskedTo(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	moving := `[...document.querySelectorAll("*")].filter(e => getComputedStyle(e).transitionDuration !== "0s").length`
	b.open(g.server.URL + "/?q=red")
	is(b, moving+` > 0`, true)
	b.media("prefers-reduced-motion", "reduce")
	is(b, moving, 0)
}
