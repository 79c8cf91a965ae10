package ui

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"clipsearch/assets"
	"clipsearch/internal/jobs"
	"clipsearch/search"
)

// many is a searcher of that many pictures, which all match everything, and the library that they are in.
type many int

func (n many) Search(ctx context.Context, q search.Query) (*search.Result, error) {
	result := &search.Result{Hits: []search.Hit{}, Total: int(n), Weaker: 7, Took: time.Millisecond}
	if q.All {
		result.Weaker = 0
	}
	for rank := q.Offset + 1; rank <= min(q.Offset+q.K, int(n)); rank++ {
		width, height := shapeOf(rank)
		result.Hits = append(result.Hits, search.Hit{
			Rank: rank, ID: search.ID(rank), Path: fmt.Sprintf("/p/%d.jpg", rank), Captions: []string{fmt.Sprintf("picture number %d", rank)},
			Ranks: search.Ranks{Text: rank}, Terms: []string{"picture"}, Width: width, Height: height,
		})
	}
	return result, nil
}

func (n many) List(ctx context.Context, l search.Listing) (*search.Result, error) {
	return n.Search(ctx, search.Query{K: l.K, Offset: l.Offset, All: true})
}

func (n many) Place(_ context.Context, _ search.Listing, id search.ID) (search.Place, error) {
	p := search.Place{Rank: int(id), Total: int(n), Previous: id - 1, Next: id + 1}
	if p.Rank == int(n) {
		p.Next = 0
	}
	return p, nil
}

func (n many) Facets(context.Context) (search.Facets, error) { return search.Facets{}, nil }

func (n many) Label(context.Context, search.ID, []string, []string) ([]search.Label, error) {
	return nil, nil
}

// shapeOf returns shapes as cameras make them, and some that they do not.
func shapeOf(rank int) (width, height int) {
	shapes := [][2]int{{640, 480}, {600, 400}, {480, 640}, {640, 360}, {500, 500}, {900, 300}, {400, 600}, {300, 800}}
	shape := shapes[uint32(rank)*2654435761>>16%uint32(len(shapes))]
	return shape[0], shape[1]
}

func (n many) Document(id search.ID) (search.Document, error) {
	if id == 0 || id > search.ID(n) {
		return search.Document{}, search.ErrNoDocument
	}
	width, height := shapeOf(int(id))
	return search.Document{ID: id, Path: fmt.Sprintf("/p/%d.jpg", id), Root: "/p", Hash: [32]byte{byte(id), byte(id >> 8), 1}, Width: width, Height: height, Format: "jpeg"}, nil
}

func (n many) Captions(id search.ID) ([]search.Caption, error) {
	return []search.Caption{{Text: fmt.Sprintf("picture number %d", id)}}, nil
}

func (n many) Thumbnail(id search.ID) ([]byte, error) {
	return drawings()[int(id)%len(drawings())].thumb, nil
}

func (n many) Stats(ctx context.Context) (search.Stats, error) {
	return search.Stats{Documents: int(n), Captions: int(n), Vectors: int(n)}, nil
}

func (n many) Roots() ([]search.Root, error)                           { return nil, nil }
func (n many) EachFile(context.Context, func(search.File) error) error { return nil }
func (n many) EachSkip(context.Context, func(search.Skip) error) error { return nil }
func (n many) Sequence() uint64                                        { return 1 }
func (n many) Path() string                                            { return "/library" }

// newManyGallery serves that many pictures and returns the address.
func newManyGallery(t *testing.T, n int) string {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	handler, err := New(Deps{Searcher: many(n), Library: many(n), Jobs: jobs.New(), Static: assets.Static(), Address: server.Listener.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = handler
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// watch counts what spoils scrolling from now on: long tasks of the main thread, and shifts of the layout.
const watch = `(() => {
	window.seen = { longest: 0, shift: 0, tiles: 0, ranks: new Set() };
	new PerformanceObserver((list) => { for (const e of list.getEntries()) seen.longest = Math.max(seen.longest, e.duration); }).observe({ type: "longtask" });
	new PerformanceObserver((list) => { for (const e of list.getEntries()) seen.shift += e.value; }).observe({ type: "layout-shift" });
	return true;
})()`

// scrollDown goes to the end of the results, most of a window at a time, and notes which ranks could be seen.
const scrollDown = `(async () => {
	const frame = () => new Promise(requestAnimationFrame);
	for (let last = -1, still = 0; still < 20;) {
		scrollBy(0, innerHeight * 0.9);
		const started = performance.now();
		do {
			await frame();
			const tiles = [...document.querySelectorAll(".tile")];
			seen.tiles = Math.max(seen.tiles, tiles.length);
			for (const t of tiles) seen.ranks.add(t.id);
		} while ([...document.querySelectorAll(".grid ol")].some((o) => {
			const r = o.getBoundingClientRect();
			return r.bottom > 0 && r.top < innerHeight && !o.children.length;
		}) && performance.now() - started < 5000);
		still = scrollY === last ? still + 1 : 0;
		last = scrollY;
	}
	return true;
})()`

func TestBrowserScrollsThroughTenThousand(t *testing.T) {
	g := newManyGallery(t, 10_000)
	b := newTabFor(t, 6*time.Minute)
	b.open(g + "/?q=picture")
	value[bool](b, watch)
	longest := b.longestTask(func() { value[bool](b, scrollDown) })
	is(b, `seen.ranks.size`, 10_000)
	is(b, `document.querySelector("#r10000").getBoundingClientRect().bottom <= innerHeight`, true)
	if n := value[int](b, `seen.tiles`); n > 500 {
		t.Errorf("%d tiles were in the document at once, more than 500", n)
	}
	if shift := value[float64](b, `seen.shift`); shift >= 0.02 {
		t.Errorf("the layout shifted by %.4f, 0.02 or more", shift)
	}
	if longest.busy > 50*time.Millisecond { // its own time, since the machine may be shared
		t.Errorf("a task held the main thread for %v, more than 50 ms", longest.busy)
	}
	t.Logf("longest task: %v of the thread's own time, %v with waiting; of all, with waiting: %.0f ms", longest.busy, longest.wall, value[float64](b, `seen.longest`))
	value[bool](b, `scrollTo(0, 0), true`)
	b.until(`document.querySelector("#r1")?.getBoundingClientRect().top > 0`)
}

// TestBrowserGridFillsRows looks at the geometry: rows are full, tiles keep their shape, nothing overlaps.
func TestBrowserGridFillsRows(t *testing.T) {
	g := newManyGallery(t, 1000)
	b := newTab(t)
	for _, width := range []int64{390, 800, 1280, 2560} {
		b.size(width, 900)
		b.open(g + "/?q=picture")
		is(b, `(() => {
			const grid = document.querySelector(".grid").getBoundingClientRect(), lines = new Map();
			for (const tile of document.querySelectorAll("[data-page='1'] .tile")) {
				const r = tile.getBoundingClientRect(), img = tile.querySelector("img");
				const shape = Math.min(3, Math.max(.45, img.getAttribute("width") / img.getAttribute("height")));
				if (Math.abs(r.width / r.height - shape) > .02) return tile.id + " has lost its shape";
				lines.set(Math.round(r.top), [...lines.get(Math.round(r.top)) ?? [], r]);
			}
			for (const [top, line] of lines) {
				if (Math.abs(line[0].left - grid.left) > 1 || Math.abs(line.at(-1).right - grid.right) > 1) return "the row at " + top + " is not full";
				for (let i = 1; i < line.length; i++) if (Math.abs(line[i].left - line[i - 1].right - 6) > 1) return "there is a gap in the row at " + top;
			}
			return "full";
		})()`, "full")
	}
}

func TestBrowserRestoresThePlace(t *testing.T) {
	g := newManyGallery(t, 3000)
	b := newTab(t)
	b.open(g + "/?q=picture")
	value[bool](b, `scrollTo(0, 20000), true`)
	b.until(`location.hash !== "" && ` + tiles + ` > 60`)
	rank := value[string](b, `location.hash.slice(1)`)
	page := value[string](b, `new URLSearchParams(location.search).get("p")`)
	if n, err := strconv.Atoi(page); err != nil || n < 2 {
		t.Fatalf("the address has page %q", page)
	}
	there := fmt.Sprintf(`Math.abs(document.getElementById(%q)?.getBoundingClientRect().top - 70) < 20`, rank)
	b.run(chromedp.Reload())
	b.until(there)
	address := value[string](b, `location.href`)
	other := newTab(t) // the address, pasted
	other.open(address)
	other.until(there)
	value[bool](other, `scrollBy(0, -4000), true`) // and there are pages before it
	other.until(fmt.Sprintf(`document.querySelector(".grid ol[data-page='%d'] .tile")`, mustNumber(t, page)-1) + ` !== null`)

	b.press("/zebra")
	b.at("/?prefix=1&q=zebra")
	b.run(chromedp.NavigateBack())
	b.until(there)

	value[bool](b, fmt.Sprintf(`document.querySelector("#%s .shot").click(), true`, rank))
	b.until(`document.querySelector("dialog.overlay")?.open`)
	b.press(kb.Escape)
	b.until(`!document.querySelector("dialog")`)
	b.until(there)
}

func mustNumber(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
