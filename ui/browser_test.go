package ui

import (
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// TestMain ends the browser that the tests have shared.
func TestMain(m *testing.M) {
	flag.Parse()
	code := m.Run()
	stopChromium()
	os.Exit(code)
}

// chromium is the one browser of all tests; a test has a tab of its own with cookies of its own.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "clipsearch-browser-")
	if err != nil {
		return nil, err
	}
	allocator, stopAllocator := chromedp.NewExecAllocator(context.Background(), chromedp.ExecPath(path), chromedp.UserDataDir(folder),
		chromedp.WindowSize(1280, 900), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true), chromedp.WSURLReadTimeout(time.Minute))
	started, stop := chromedp.NewContext(allocator)
	stopChromium = func() {
		stop()
		stopAllocator()
		os.RemoveAll(folder)
	}
	return started, chromedp.Do(started) // starts it
})

var stopChromium = func() {}

// tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	problems []string // errors of scripts, what the policy has stopped
}

// newTab opens a tab of 1280 × 900 px. When the test ends it fails if a script has, or if the policy stopped anything.
func newTab(t *testing.T) *tab {
	t.Helper()
	return newTabFor(t, 2*time.Minute)
}

// newTabFor is newTab for a test that takes at most as long as limit, also on a machine that does much else.
func newTabFor(t *testing.T, limit time.Duration) *tab {
	t.Helper()
	parent, err := chromium()
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skipf("no chromium here (%v); run: apt-get install chromium && go test ./ui", err)
	}
	b := &tab{t: t}
	ctx, closeTab := chromedp.NewContext(parent, chromedp.WithNewBrowserContext(), chromedp.WithListener(b.listen))
	t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil { // a deadline here would later end it
		t.Fatal(err)
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	b.ctx = limited
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, p := range b.problems {
			t.Errorf("in the browser: %s", p)
		}
	})
	b.size(1280, 900)
	return b
}

// listen remembers what goes wrong on the page. Answers that are errors are what some tests are about.
func (b *tab) listen(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "the server responded with a status of") {
			b.problems = append(b.problems, e.Entry.Text)
		}
	}
}

// size sets the size of the window in px.
func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.run(chromedp.EmulateViewport(width, height))
}

// media sets what the system prefers, as name, value, ….
func (b *tab) media(pairs ...string) {
	b.t.Helper()
	var features []*emulation.MediaFeature
	for i := 0; i < len(pairs); i += 2 {
		features = append(features, &emulation.MediaFeature{Name: pairs[i], Value: pairs[i+1]})
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features}); err != nil {
		b.t.Fatal(err)
	}
}

// run does steps.
func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// open loads an address and waits until what is in the window can be seen.
func (b *tab) open(address string) {
	b.t.Helper()
	b.run(chromedp.Navigate(address))
	b.until(allLoaded)
}

// until waits for an expression to be true, whatever page comes meanwhile.
func (b *tab) until(expression string) {
	b.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(15 * time.Millisecond) {
		holds, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`!!(`+expression+`)`))
		if err == nil && holds {
			return
		}
		if time.Now().After(deadline) {
			state, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`location.href + "\n" + document.body.innerText.slice(0, 600)`))
			b.t.Fatalf("never true: %s (%v)\nat %s", expression, err, state)
		}
	}
}

// is checks an expression, which may be a promise, against what it should be.
func is[T comparable](b *tab, expression string, want T) {
	b.t.Helper()
	if got := value[T](b, expression); got != want {
		b.t.Errorf("%s: %v, want %v", expression, got, want)
	}
}

// value returns the value of an expression, which may be a promise.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// press types keys where the focus is. A character is sent as a keyboard sends it: if the page takes the key for itself,
// nothing is written.
func (b *tab) press(keys string) {
	b.t.Helper()
	for _, r := range keys {
		if r < ' ' || r > '~' { // Enter, arrows
			b.run(chromedp.KeyEvent(string(r)))
			continue
		}
		for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
			event := input.DispatchKeyEventParams{Type: kind, Key: string(r)}
			if kind == input.DispatchKeyEventTypeKeyDown {
				event.Text = string(r)
			}
			if _, err := chromedp.Call(b.ctx, input.DispatchKeyEvent, event); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// click clicks on what a selector finds.
func (b *tab) click(selector string) {
	b.t.Helper()
	b.run(chromedp.Click(chromedp.CSS(selector)))
}

// sendKeys types into what a selector finds.
func sendKeys(selector, keys string) chromedp.Action[chromedp.Void] {
	return chromedp.SendKeys(chromedp.CSS(selector), keys)
}

// at waits for an address below the server's.
func (b *tab) at(path string) {
	b.t.Helper()
	b.until(`location.pathname + location.search + location.hash === ` + quoted(path))
}

// quoted returns a string of JavaScript.
func quoted(s string) string {
	return "`" + strings.NewReplacer("`", "\\`", "\\", "\\\\", "$", "\\$").Replace(s) + "`"
}

// allLoaded is true when every picture in the window was loaded and could be decoded.
const allLoaded = `[...document.images].filter(i => i.loading !== "lazy" || i.getBoundingClientRect().top < innerHeight && i.getBoundingClientRect().bottom > 0)
	.every(i => i.complete && i.naturalWidth > 0)`

var shots = flag.String("shots", "", "write screenshots of the pages into this folder, for people to look at")

// shoot keeps a picture of the window if asked to.
func (b *tab) shoot(name string) {
	b.t.Helper()
	if *shots == "" {
		return
	}
	shot, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100)) // PNG
	if err == nil {
		err = os.WriteFile(filepath.Join(*shots, name+".png"), shot, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
