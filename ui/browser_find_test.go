package ui

import (
	"context"
	"errors"
	"image"
	"image/png"
	"io"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"clipsearch/internal/jobs"
	"clipsearch/search"
)

// lamp is a Locator that takes as long as its caller has patience for "slow", cannot find "nothing", and draws the rest.
type lamp struct{ stopped chan error }

func (l lamp) Locate(ctx context.Context, _ LocatePicture, ask LocateQuery) (Located, error) {
	switch ask.Texts[0] {
	case "slow":
		<-ctx.Done()
		l.stopped <- ctx.Err()
		return Located{}, ctx.Err()
	case "nothing":
		return Located{}, errors.Join(search.ErrNoEncoder, errors.New("the lamp is broken"))
	}
	return Located{Width: 4, Height: 3, Layer: func(w io.Writer) error { return png.Encode(w, image.NewRGBA(image.Rect(0, 0, 4, 3))) }}, nil
}

func TestBrowserFindsInPicture(t *testing.T) {
	g := newGallery(t)
	l := lamp{make(chan error, 1)}
	g.locator = l
	g.serve(&pictureEncoder{})
	b := newTab(t)
	b.open(g.server.URL + "/?q=snow&mode=text")
	b.press(kb.ArrowRight + kb.Enter)
	b.until(`document.querySelector("dialog.overlay")?.open`)
	find := func(words string) {
		t.Helper()
		b.press("l")
		b.until(`document.activeElement.id === "find"`)
		value[bool](b, `document.activeElement.select() ?? true`)
		b.press(words + kb.Enter)
	}
	const said = `document.querySelector(".find [role=status]").textContent`
	find("a dog")
	b.until(`document.querySelector(".heat")?.naturalWidth === 4 && !document.querySelector(".seeking")`)
	is(b, said, "")
	b.press(kb.Tab + kb.Tab) // out of the field
	value[bool](b, `document.activeElement.blur() ?? true`)
	find("slow")
	b.until(`document.querySelector(".seeking") && ` + said + ` === ` + quoted(findBusy))
	b.click(".viewer .clear")
	if err := <-l.stopped; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	b.until(`!document.querySelector(".seeking") && !document.querySelector(".heat")`)
	value[bool](b, `document.activeElement.blur() ?? true`)
	find("nothing")
	b.until(said + `.includes("the lamp is broken")`)
	is(b, `document.querySelector(".heat, .seeking") === null`, true)
}

// TestBrowserWithoutScript visits the other places as a browser does that runs no script.
func TestBrowserWithoutScript(t *testing.T) {
	g := newGallery(t)
	g.working()
	b := newTab(t)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	wait := func(selector string) {
		t.Helper()
		b.run(chromedp.WaitVisible(chromedp.CSS(selector)))
	}
	visit := func(path, selector string) {
		t.Helper()
		var err error
		for range 50 { // the answer to a form may still be on its way, which ends a navigation
			if err = chromedp.Do(b.ctx, chromedp.Navigate(g.server.URL+path)); err == nil {
				break
			}
			time.Sleep(100 * time.Millisecond)
		}
		if err != nil {
			t.Fatal(err)
		}
		wait(selector)
	}
	visit("/?k=5", "#r1 .shot img")
	b.click(".pager [rel=next]")
	wait("#r6 .shot img")
	b.click("#r6 .shot")
	wait(".turn.next")
	b.click(".turn.next")
	wait(".turn.prev")
	b.click(".round.close")
	wait("#r7 .shot img")
	visit("/explore", ".groups a img, .filmstrip img")
	b.click(".filmstrip a")
	wait(".viewer .shown img")
	visit("/evaluate", "h1")
	visit("/library", ".tree .folder a")
	b.click(".tree .folder a")
	wait(".tools.browses")
	visit("/library", "[value=compact]")
	b.click("[value=compact]")
	wait("#jobs .job")
	b.click("#jobs [value=pause]")
	g.awaitState(g.jobs.List()[0].ID, jobs.Paused)
	visit("/library", "#jobs [value=resume]")
	b.click("#jobs [value=cancel]")
	g.awaitState(g.jobs.List()[0].ID, jobs.Cancelled)
}
