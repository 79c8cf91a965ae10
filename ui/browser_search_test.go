package ui

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// tiles counts those in the document.
const tiles = `document.querySelectorAll(".tile").length`

func TestBrowserSearchesWhileTyping(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	b.open(g.server.URL)
	is(b, `document.activeElement.id`, "q")
	b.press("sno")
	b.until(tiles + ` > 0`)
	b.at("/?prefix=1&q=sno") // the last word is unfinished: it finds snow
	is(b, `document.activeElement.id`, "q")
	b.press("w dogs")
	b.at("/?prefix=1&q=snow+dogs")
	is(b, `document.title`, "snow dogs – clipsearch")
	b.until(`document.querySelector(".caption mark")?.textContent === "dogs"`)
	b.press(kb.Enter) // what was typed is now what is meant
	b.at("/?q=snow+dogs")
	b.until(allLoaded)
	is(b, `document.activeElement.className`, "shot")
	b.press("/")
	is(b, `document.activeElement.id`, "q")
	b.press("zebra") // "/" selects what stands there, so that typing replaces it
	b.at("/?prefix=1&q=zebra")
	b.run(chromedp.NavigateBack())
	b.at("/?q=snow+dogs")
	b.until(`document.querySelector("#q").value === "snow dogs" && ` + tiles + ` > 1`)
	b.run(chromedp.NavigateForward())
	b.at("/?prefix=1&q=zebra")
	b.until(`document.querySelector("#q").value === "zebra"`)
}

// TestBrowserDropsStaleAnswers lets the answer to the first word come after that to the second.
func TestBrowserDropsStaleAnswers(t *testing.T) {
	g := newGallery(t)
	origin, err := url.Parse(g.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(origin) }, ErrorHandler: func(http.ResponseWriter, *http.Request, error) {}}
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("q") == "roses" {
			time.Sleep(400 * time.Millisecond)
		}
		proxy.ServeHTTP(w, r)
	}))
	defer slow.Close()
	b := newTab(t)
	b.open(slow.URL)
	b.press("roses")
	time.Sleep(100 * time.Millisecond) // it has been asked for
	b.press(" tower")
	b.at("/?prefix=1&q=roses+tower")
	time.Sleep(500 * time.Millisecond) // the first answer has come
	is(b, `location.search`, "?prefix=1&q=roses+tower")
	is(b, `document.title`, "roses tower – clipsearch")
}

func TestBrowserToolsAreInTheAddress(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	b.open(g.server.URL + "/?q=red")
	b.press("2")
	b.at("/?mode=text&q=red")
	is(b, `document.querySelector(".blend").checkVisibility()`, false)
	b.press("1")
	b.at("/?q=red")
	is(b, `document.querySelector(".blend").checkVisibility()`, true)
	value[bool](b, `(() => { const r = document.querySelector(".blend input"); r.value = 80; return r.dispatchEvent(new Event("input", { bubbles: true })); })()`)
	b.at("/?blend=80&q=red")
	b.run(chromedp.SetValue(chromedp.CSS(".sort select"), "name"))
	value[bool](b, `document.querySelector(".sort select").dispatchEvent(new Event("change", { bubbles: true }))`)
	b.at("/?blend=80&q=red&sort=name")
	b.press("f")
	b.until(`document.querySelector(".filters").open`)
	b.run(chromedp.SendKeys(chromedp.CSS("[name=folder]"), "2020"), chromedp.Click(chromedp.CSS("[name=has_caption]")))
	b.at("/?blend=80&folder=2020&has_caption=1&q=red&sort=name")
	is(b, `document.querySelector(".filters").open`, true)
	b.until(`document.querySelectorAll(".inforce li").length === 2 && ` + tiles + ` === 4`)
	is(b, `document.querySelector(".filters summary").innerText.trim()`, "Filters (2)")
	b.shoot("filters")
	b.press(kb.Escape)
	is(b, `document.querySelector(".filters").open`, false)
	b.run(chromedp.Reload()) // the address is all there is
	b.until(`document.querySelectorAll(".inforce li").length === 2 && document.querySelector(".blend input").value === "80"`)
	b.click(".inforce a") // takes the folder away
	b.at("/?blend=80&has_caption=1&q=red&sort=name")
	is(b, `document.querySelector("[name=folder]").value`, "")
}

func TestBrowserShowsWeakerResults(t *testing.T) {
	g := newManyGallery(t, 400)
	b := newTab(t)
	b.open(g + "/?q=dog")
	is(b, `document.querySelector(".weaker").innerText`, "7 weaker results hidden show")
	b.click(".weaker a")
	b.at("/?all=1&q=dog")
	b.until(`document.querySelector(".weaker").innerText === "Weaker results are shown hide"`)
}

func TestBrowserShowsDetails(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	b.open(g.server.URL + "/?q=snow")
	is(b, `document.querySelector(".why").checkVisibility()`, false)
	b.press("d")
	b.at("/?q=snow&view=details")
	b.until(`document.querySelector(".why").checkVisibility()`)
	is(b, `document.querySelector(".rank.words").innerText + "/" + document.querySelector(".rank.words").title`, "captions #1/Place 1 by its captions")
	b.shoot("details")
	b.run(chromedp.Reload())
	b.until(`document.querySelector(".why").checkVisibility()`)
}

func TestBrowserSearchesByPicture(t *testing.T) {
	g := newGallery(t)
	file := filepath.Join(t.TempDir(), "red.jpg")
	data := encoded("red.jpg", scene{width: 90, height: 90, sky: red, ground: red}.draw())
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	bytes := strings.Trim(strings.ReplaceAll(fmt.Sprint(data), " ", ","), "[]")
	isRed := `["a red sunset over brown hills", "red roses"].includes(document.querySelector(".tile img")?.alt) && document.querySelector(".chip img")?.complete`
	given := `const given = new DataTransfer(); given.items.add(new File([new Uint8Array([` + bytes + `])], "red.jpg", { type: "image/jpeg" }));`
	for how, give := range map[string]func(b *tab){
		"picked": func(b *tab) {
			b.click(".bypicture summary")
			b.run(chromedp.SetUploadFiles(chromedp.CSS("#picture"), []string{file}))
		},
		"dropped": func(b *tab) {
			value[bool](b, `(() => { `+given+` for (const type of ["dragenter", "dragover"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: given, bubbles: true, cancelable: true })); return true })()`)
			is(b, `getComputedStyle(document.body, "::after").content`, `"Drop a picture to search by it"`)
			value[bool](b, `(() => { `+given+` document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true })); return true })()`)
		},
		"pasted": func(b *tab) {
			value[bool](b, `(() => { `+given+` document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: given, bubbles: true, cancelable: true })); return true })()`)
		},
	} {
		t.Run(how, func(t *testing.T) {
			b := newTab(t)
			b.open(g.server.URL + "/?folder=2020&q=red")
			give(b)
			b.until(`location.search.includes("upload=") && ` + isRed)
			is(b, `location.search.startsWith("?folder=2020&q=red&upload=")`, true) // combined with what was asked for
			b.run(chromedp.Reload())
			b.until(isRed)
			b.click(".chip .remove")
			b.at("/?folder=2020&q=red")
			is(b, `document.querySelectorAll(".chip").length`, 0)
		})
	}
	t.Run("from the start", func(t *testing.T) {
		b := newTab(t)
		b.open(g.server.URL + "/help") // a page without results
		value[bool](b, `(() => { `+given+` document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: given, bubbles: true, cancelable: true })); return true })()`)
		b.until(`location.pathname === "/" && ` + isRed)
	})
	t.Run("no picture", func(t *testing.T) {
		b := newTab(t)
		b.open(g.server.URL + "/?q=red")
		value[bool](b, `(() => { const given = new DataTransfer(); given.items.add(new File(["%PDF-1.4 hello"], "a.pdf"));
			document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: given, bubbles: true, cancelable: true })); return true })()`)
		b.until(`document.querySelector(".toast.shown")?.innerText.startsWith("This picture cannot be searched by")`)
		b.at("/?q=red")
	})
}

func TestBrowserFindsMoreLikeThis(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	b.open(g.server.URL + "/?q=sunset&mode=text")
	b.press(kb.ArrowRight + "m")
	b.at("/?like=1")
	b.until(`document.querySelector(".chip img")?.alt === "Like sunset.jpg"`)
	b.press("/")
	b.press("dogs") // like this, but with dogs
	b.at("/?like=1&prefix=1&q=dogs")
	b.run(chromedp.NavigateBack())
	b.at("/?like=1")
	b.run(chromedp.NavigateBack())
	b.until(`location.search === "?mode=text&q=sunset" && ` + tiles + ` === 1`)
}

// TestPagesWorkWithoutScript searches, pages, filters and views with scripts switched off.
func TestPagesWorkWithoutScript(t *testing.T) {
	g := newGallery(t)
	b := newTab(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	wait := func(selector string) {
		t.Helper()
		b.run(chromedp.WaitVisible(chromedp.CSS(selector)))
	}
	b.run(chromedp.Navigate(g.server.URL + "/?k=5"))
	b.run(chromedp.SendKeys(chromedp.CSS("#q"), "red"), chromedp.Click(chromedp.CSS(".go")))
	wait("#r1 .shot img")
	b.shoot("noscript")
	b.click(".pager [rel=next]")
	wait("#r6 .shot img")
	b.click(".modes label:nth-child(3) input")
	b.click(".apply")
	wait(".modes [value=text]:checked")
	b.click("#r1 .shot")
	wait(".viewer .shown img")
	b.click(".turn.next")
	wait(".turn.prev")
	b.click(".round.close")
	wait("#r1 .shot img")
	b.click("#r1 .like")
	wait(".chip img")
	b.click(".help")
	wait(".keys kbd")
}
