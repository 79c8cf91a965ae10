package ui

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser returns a context of a fresh headless Chromium.
func browser(t *testing.T, options ...chromedp.ExecAllocatorOption) context.Context {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no chromium here; run: apt-get install chromium && go test ./ui")
	}
	options = append([]chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1280, 900), chromedp.Headless,
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(time.Minute),
	}, options...)
	allocator, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	if err := chromedp.Do(tab); err != nil { // starts it; a deadline here would later end it
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(tab, 2*time.Minute)
	t.Cleanup(cancel)
	return limited
}

// allLoaded is true when every picture on the page was loaded and could be decoded.
const allLoaded = `[...document.images].filter(i => i.loading !== "lazy" || i.getBoundingClientRect().top < innerHeight)
	.every(i => i.complete && i.naturalWidth > 0)`

// run does the steps.
func run(t *testing.T, tab context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(tab, steps...); err != nil {
		t.Fatal(err)
	}
}

// value returns what an action finds out.
func value[T any](t *testing.T, tab context.Context, action chromedp.Action[T]) T {
	t.Helper()
	v, err := chromedp.Run(tab, action)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestBrowserSearchesAndViews(t *testing.T) {
	g := newGallery(t)
	tab := browser(t)
	run(t, tab,
		chromedp.Navigate(g.server.URL),
		chromedp.SendKeys(chromedp.CSS("#q"), "sunset\r"),
		chromedp.WaitVisible(chromedp.CSS(".tile img")))
	value(t, tab, chromedp.Poll[bool](allLoaded))
	if tiles := value(t, tab, chromedp.Evaluate[int](`document.querySelectorAll(".tile").length`)); tiles < 2 {
		t.Errorf("%d tiles", tiles)
	}
	if address := value(t, tab, chromedp.Location()); address != g.server.URL+"/?q=sunset" {
		t.Errorf("the address is %s", address)
	}
	if title := value(t, tab, chromedp.Title()); title != "sunset – clipsearch" {
		t.Errorf("the title is %q", title)
	}
	run(t, tab, chromedp.Click(chromedp.CSS("input[value=text]")), chromedp.WaitVisible(chromedp.CSS(".tile:only-child img")))
	if address := value(t, tab, chromedp.Location()); address != g.server.URL+"/?q=sunset&mode=text" {
		t.Errorf("after the change of mode the address is %s", address)
	}
	run(t, tab, chromedp.Click(chromedp.CSS(".tile a")), chromedp.WaitVisible(chromedp.CSS(".viewer img")))
	value(t, tab, chromedp.Poll[bool](allLoaded))
	if caption := value(t, tab, chromedp.Text(chromedp.CSS(".captions li"))); caption != "a red sunset over brown hills" {
		t.Errorf("the first picture's caption is %q", caption)
	}
}

func TestBrowserSearchesByUpload(t *testing.T) {
	g := newGallery(t)
	tab := browser(t)
	file := filepath.Join(t.TempDir(), "red.jpg")
	if err := os.WriteFile(file, encoded("red.jpg", scene{width: 90, height: 90, sky: red, ground: red}.draw()), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, tab,
		chromedp.Navigate(g.server.URL),
		chromedp.Click(chromedp.CSS(".bypicture summary")),
		chromedp.SetUploadFiles(chromedp.CSS("#picture"), []string{file}),
		chromedp.WaitVisible(chromedp.CSS(".tile img")))
	value(t, tab, chromedp.Poll[bool](allLoaded))
	first := value(t, tab, chromedp.Evaluate[string](`document.querySelector(".tile img").alt`))
	if first != "a red sunset over brown hills" && first != "red roses" {
		t.Errorf("a red picture finds first %q", first)
	}
}

var shots = flag.String("shots", "", "write screenshots of the pages into this folder, for people to look at")

func TestBrowserFitsEveryPage(t *testing.T) {
	g := newGallery(t)
	for scheme, blink := range map[string]string{"light": "preferredColorScheme=1", "dark": "preferredColorScheme=0"} {
		tab := browser(t, chromedp.Flag("blink-settings", blink))
		for size, width := range map[string]int64{"wide": 1280, "phone": 390} {
			for name, path := range map[string]string{
				"home": "/", "results": "/?q=red+snow&dedupe=1", "picture": "/picture/6?q=snow", "like": "/?like=1&q=snow&mode=vector",
				"nothing": "/?q=zzz&mode=text", "problem": "/?q=red&since=tomorrow", "missing": "/picture/99",
			} {
				run(t, tab, chromedp.EmulateViewport(width, 844), chromedp.Navigate(g.server.URL+path))
				value(t, tab, chromedp.Poll[bool](allLoaded))
				if wide := value(t, tab, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > width {
					t.Errorf("%s is %d px wide on a screen of %d", path, wide, width)
				}
				if dark := value(t, tab, chromedp.Evaluate[bool](`matchMedia("(prefers-color-scheme: dark)").matches`)); dark != (scheme == "dark") {
					t.Errorf("%s is shown dark: %v", path, dark)
				}
				if *shots != "" {
					shot := value(t, tab, chromedp.FullScreenshot(100)) // PNG
					if err := os.WriteFile(filepath.Join(*shots, size+"-"+scheme+"-"+name+".png"), shot, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
	}
}
