package ui

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clipsearch/assets"
	"clipsearch/encode/encodetest"
	"clipsearch/explore"
	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
	"clipsearch/internal/jobs"
	"clipsearch/search"
)

// gallery is a library of generated pictures with a server on it.
type gallery struct {
	t       *testing.T
	folder  string
	store   *store.Store
	server  *httptest.Server
	jobs    *jobs.Queue
	opened  chan string // files that the system's viewer was asked for
	token   string
	scaler  Scaler
	export  Exporter
	locator Locator // nil: finger
	reports string
}

// scene is one generated picture.
type scene struct {
	name           string
	width, height  int
	sky, ground    color.RGBA
	captions       []string
	tags           []string
	broken, hidden bool
}

var (
	red    = color.RGBA{220, 40, 30, 255}
	green  = color.RGBA{40, 160, 50, 255}
	blue   = color.RGBA{40, 80, 220, 255}
	yellow = color.RGBA{250, 220, 40, 255}
	white  = color.RGBA{240, 240, 245, 255}
	brown  = color.RGBA{140, 80, 30, 255}
)

// scenes returns what a gallery holds, in order of its IDs from 1. The hostile ones are at the end.
func scenes() []scene {
	return []scene{
		{name: "sunset.jpg", width: 640, height: 480, sky: red, ground: brown, captions: []string{"a red sunset over brown hills", "evening light"}, tags: []string{"evening"}},
		{name: "meadow.jpg", width: 640, height: 427, sky: blue, ground: green, captions: []string{"a green meadow under a blue sky"}},
		{name: "2019/lake.png", width: 600, height: 400, sky: blue, ground: blue, captions: []string{"the lake is as blue as the sky"}},
		{name: "2019/desert.jpg", width: 800, height: 300, sky: yellow, ground: yellow, captions: []string{"yellow sand as far as the eye can see"}},
		{name: "2019/tower.jpg", width: 300, height: 800, sky: white, ground: brown, captions: []string{"a tower in the mist"}},
		{name: "2019/snow.jpg", width: 640, height: 480, sky: blue, ground: white, captions: []string{"two dogs playing in the snow", "dogs run through deep white snow"}},
		{name: "2020/dog.jpg", width: 500, height: 500, sky: green, ground: brown, captions: []string{"a brown dog on the grass"}},
		{name: "2020/uncaptioned_field.jpg", width: 640, height: 480, sky: white, ground: green},
		{name: "2020/roses.jpg", width: 480, height: 640, sky: red, ground: green, captions: []string{"red roses"}},
		{name: "2020/fox.jpg", width: 640, height: 480, sky: white, ground: red, captions: []string{"a red fox sits in the snow, its fur wet from the long walk through the forest and over the frozen river behind the old mill"}},
		{name: "2020/gone.jpg", width: 64, height: 48, sky: red, ground: red, captions: []string{"hidden red"}, hidden: true},
		{name: "2020/taken away.jpg", width: 640, height: 480, sky: brown, ground: brown, captions: []string{"a brown field"}, broken: true},
		{name: "evil/<script>alert(1)<\u2044script>.jpg", width: 64, height: 48, sky: yellow, ground: red,
			captions: []string{`<script>alert("hostile")</script><img src=x onerror=alert(1)> " ' & hostile`}, tags: []string{`"><b>`}},
		{name: "evil/\u202egpj.exe\xff\n.jpg", width: 64, height: 48, sky: yellow, ground: blue, captions: []string{"hostile \u202e order\x00"}},
	}
}

// newGallery returns a served library of the scenes.
func newGallery(t *testing.T) *gallery {
	t.Helper()
	g := &gallery{t: t, folder: t.TempDir(), jobs: jobs.New(), opened: make(chan string, 1)}
	var err error
	if g.store, err = store.Open(filepath.Join(t.TempDir(), "test.clipsearch"), store.Options{Create: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.store.Close() })
	encoder := &pictureEncoder{}
	if err := g.store.SetModel(t.Context(), store.Model{ID: encoder.ID(), Dims: encoder.Dims()}); err != nil {
		t.Fatal(err)
	}
	for i, d := range drawings() {
		g.add(d, time.Date(2019, 5, 1+i, 10, 0, 0, 0, time.UTC))
	}
	g.serve(encoder)
	return g
}

// serve starts the server on the store as it is now.
func (g *gallery) serve(encoder search.Encoder) {
	g.t.Helper()
	vectors, err := vector.Load(g.t.Context(), g.store, vector.Auto)
	if err != nil {
		g.t.Fatal(err)
	}
	words, err := text.Open(g.t.Context(), g.t.TempDir(), g.store, text.Options{})
	if err != nil {
		g.t.Fatal(err)
	}
	g.t.Cleanup(func() { words.Close() })
	g.server = httptest.NewUnstartedServer(nil)
	engine := search.New(search.Deps{Store: g.store, Text: words, Vectors: vectors, Encoder: encoder})
	if g.locator == nil {
		g.locator = finger{}
	}
	handler, err := New(Deps{
		Searcher: engine, Library: g.store, Jobs: g.jobs, Locator: g.locator, Static: assets.Static(), Address: g.server.Listener.Addr().String(), Open: g.open,
		Token: g.token, Scaler: g.scaler, Export: g.export, Explorer: explore.New(g.store), Reports: g.reports,
	})
	if err != nil {
		g.t.Fatal(err)
	}
	g.server.Config.Handler = handler
	g.server.Start()
	g.t.Cleanup(g.server.Close)
}

// open stands for the system's viewer.
func (g *gallery) open(path string) error {
	g.opened <- path
	return nil
}

// drawing is a scene with its file, thumbnail and vector.
type drawing struct {
	scene
	data, thumb []byte
	vector      []float32
}

// drawings draws the scenes, once for all tests.
var drawings = sync.OnceValue(func() []drawing {
	var all []drawing
	for _, s := range scenes() {
		picture := s.draw()
		d := drawing{scene: s, data: encoded(s.name, picture), thumb: encoded("thumb.jpg", picture)}
		v, err := (&pictureEncoder{}).EncodeImage(context.Background(), d.data)
		if err != nil {
			panic(err)
		}
		d.vector = v
		all = append(all, d)
	}
	return all
})

// add writes a drawing's file and stores it.
func (g *gallery) add(s drawing, taken time.Time) {
	g.t.Helper()
	path := filepath.Join(g.folder, s.name)
	if !s.broken {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			g.t.Fatal(err)
		}
		if err := os.WriteFile(path, s.data, 0o600); err != nil {
			g.t.Fatal(err)
		}
	}
	entry := store.Entry{Vector: s.vector, Thumb: s.thumb, Document: store.Document{
		Path: path, Root: g.folder, Size: int64(len(s.data)), Hash: sha256.Sum256(s.data), Format: "jpeg",
		Width: s.width, Height: s.height, Taken: taken, Camera: "Generated", Tags: s.tags,
	}}
	if strings.HasSuffix(s.name, ".png") {
		entry.Document.Format = "png"
	}
	for _, caption := range s.captions {
		entry.Captions = append(entry.Captions, store.Caption{Text: caption, Source: "sidecar"})
	}
	ids, err := g.store.Put(g.t.Context(), []store.Entry{entry})
	if err == nil && s.hidden {
		err = g.store.Hide(g.t.Context(), ids...)
	}
	if err != nil {
		g.t.Fatal(err)
	}
}

// draw paints a sky, a sun and rolling ground.
func (s scene) draw() image.Image {
	img := image.NewRGBA(image.Rect(0, 0, s.width, s.height))
	w, h := float64(s.width), float64(s.height)
	for y := range s.height {
		for x := range s.width {
			fx, fy := float64(x)/w, float64(y)/h
			c, shade := s.sky, .75+.35*fy
			if fy > .6+.07*math.Sin(7*fx+w)+.03*math.Sin(19*fx) {
				c, shade = s.ground, 1.25-.6*fy
			} else if math.Hypot((fx-.72)*w, (fy-.25)*h) < .09*h {
				c, shade = white, 1
			}
			img.SetRGBA(x, y, color.RGBA{scaled(c.R, shade), scaled(c.G, shade), scaled(c.B, shade), 255})
		}
	}
	return img
}

func scaled(v uint8, by float64) uint8 { return uint8(min(255, float64(v)*by)) }

// encoded returns the file of a picture, in the format of its name.
func encoded(name string, img image.Image) []byte {
	var file bytes.Buffer
	var err error
	if strings.HasSuffix(name, ".png") {
		err = png.Encode(&file, img)
	} else {
		err = jpeg.Encode(&file, img, nil)
	}
	if err != nil {
		panic(err) // memory takes everything
	}
	return file.Bytes()
}

// pictureEncoder makes the test encoder a search.Encoder.
type pictureEncoder struct{ encodetest.Encoder }

func (e *pictureEncoder) EncodeImage(ctx context.Context, data []byte) ([]float32, error) {
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	upright := image.NewRGBA(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			upright.Set(x, y, img.At(x, y))
		}
	}
	vectors, err := e.EncodePixels(ctx, [][]uint8{e.Prepare(upright)})
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

// get returns the answer to a GET of path and its body.
func (g *gallery) get(path string) (*http.Response, string) {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodGet, g.server.URL+path, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return g.do(request)
}

// do returns the answer to a request, redirections not followed, and its body.
func (g *gallery) do(request *http.Request) (*http.Response, string) {
	g.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		g.t.Fatal(err)
	}
	defer response.Body.Close()
	var body bytes.Buffer
	if _, err := body.ReadFrom(response.Body); err != nil {
		g.t.Fatal(err)
	}
	return response, body.String()
}

// wants checks an answer's status and what its body holds; parts with a leading "!" must be absent.
func (g *gallery) wants(path string, status int, parts ...string) string {
	g.t.Helper()
	response, body := g.get(path)
	if response.StatusCode != status {
		g.t.Errorf("GET %s: status %d, want %d", path, response.StatusCode, status)
	}
	for _, part := range parts {
		unwanted, not := strings.CutPrefix(part, "!")
		if strings.Contains(body, strings.TrimPrefix(part, "!")) == not {
			g.t.Errorf("GET %s: body %s %q:\n%s", path, map[bool]string{true: "holds", false: "lacks"}[not], unwanted, cut(body))
		}
	}
	return body
}

// cut returns the part of a page that a failed test should print.
func cut(s string) string {
	if at := strings.Index(s, "<main"); at > 0 {
		s = s[at:]
	}
	if len(s) > 6000 {
		return s[:6000] + "…"
	}
	return s
}

// idOf returns the ID of a scene.
func idOf(name string) string {
	i := slices.IndexFunc(scenes(), func(s scene) bool { return s.name == name })
	return fmt.Sprint(i + 1)
}
