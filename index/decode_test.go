package index

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"clipsearch/internal/imgio"
)

// TestRunGivesUpSlowPictures has one picture of three take for ever to decode.
func TestRunGivesUpSlowPictures(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	r.write("green.png", green)
	r.write("blue.png", blue)
	release := make(chan struct{})
	defer close(release)
	slow := func(o *Options) {
		o.Workers, o.patience = 1, 200*time.Millisecond
		o.decode = func(data []byte, opts imgio.Options) (*imgio.Picture, error) {
			if bytes.Equal(data, green) {
				<-release
			}
			return imgio.Decode(data, opts)
		}
	}
	for range 2 { // the second run knows
		s := r.run(slow)
		if len(s.Skipped) != 1 || s.Skipped[0].Reason != reasonSlow || !strings.Contains(s.Skipped[0].Detail, "200ms") || r.visible() != 2 {
			t.Errorf("%d documents, %+v", r.visible(), s)
		}
	}
}

// TestRunStopsBesideASlowPicture ends the context while a picture takes for ever to decode.
func TestRunStopsBesideASlowPicture(t *testing.T) {
	r := newRig(t)
	r.write("red.png", red)
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	defer close(release)
	_, err := Run(ctx, r.store, Options{Dirs: []string{r.folder}, Encoder: r.encoder, decode: func([]byte, imgio.Options) (*imgio.Picture, error) {
		cancel()
		<-release
		return nil, errors.New("released")
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestThumbnailSizes(t *testing.T) {
	var wide bytes.Buffer
	if err := jpeg.Encode(&wide, image.NewGray(image.Rect(0, 0, 900, 600)), nil); err != nil {
		t.Fatal(err)
	}
	for option, want := range map[int]image.Point{0: {X: 384, Y: 256}, 256: {X: 256, Y: 171}, 512: {X: 512, Y: 341}, NoThumb: {}} {
		r := newRig(t)
		if err := os.WriteFile(r.path("wide.jpg"), wide.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		r.run(func(o *Options) { o.Thumb = option })
		thumb, err := r.store.Thumbnail(1)
		if err != nil {
			t.Fatal(err)
		}
		if option == NoThumb {
			if thumb != nil {
				t.Errorf("a thumbnail of %d bytes was made", len(thumb))
			}
			continue
		}
		config, err := jpeg.DecodeConfig(bytes.NewReader(thumb))
		if err != nil || image.Pt(config.Width, config.Height) != want {
			t.Errorf("size %d: the thumbnail has %d×%d px, want %v; %v", option, config.Width, config.Height, want, err)
		}
	}
}

// TestThumbnailSizeIsRemembered: a run that says nothing goes on with what the folder had.
func TestThumbnailSizeIsRemembered(t *testing.T) {
	r := newRig(t)
	picture := func(gray uint8) []byte {
		img := image.NewGray(image.Rect(0, 0, 900, 600))
		img.Pix[0] = gray
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for i, step := range []struct {
		change func(*Options)
		want   int // px
	}{
		{func(o *Options) { o.Thumb = NoThumb }, 0},
		{nil, 0},
		{func(o *Options) { o.Dirs = nil }, 0},
		{func(o *Options) { o.Dirs, o.Thumb = nil, 256 }, 256},
		{nil, 256},
	} {
		name := fmt.Sprintf("%d.jpg", i)
		r.write(name, picture(uint8(40*i)))
		r.run(step.change)
		thumb, err := r.store.Thumbnail(r.ids()[name])
		if err != nil {
			t.Fatal(err)
		}
		config := image.Config{}
		if len(thumb) > 0 {
			if config, err = jpeg.DecodeConfig(bytes.NewReader(thumb)); err != nil {
				t.Fatal(err)
			}
		}
		if config.Width != step.want {
			t.Errorf("run %d: the thumbnail is %d px wide, want %d", i, config.Width, step.want)
		}
	}
}

// TestThumbnailBytes holds the mean of the 100 originals' thumbnails to 25 KB.
func TestThumbnailBytes(t *testing.T) {
	const originals = "../../shared/data/originals/samples"
	names, _ := filepath.Glob(originals + "/*.jpg")
	if len(names) == 0 {
		t.Skip("the reference data is not beside the project, so: put it at ../shared and run: go test ./index")
	}
	for _, size := range []int{256, DefaultThumb, 512} {
		total := 0
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			opts := DecodeOptions(224)
			opts.ThumbLong = size
			picture, err := imgio.Decode(data, opts)
			if err != nil {
				t.Fatal(err)
			}
			total += len(picture.Thumb)
		}
		mean := total / len(names)
		t.Logf("%d px: %d bytes on average over %d pictures", size, mean, len(names))
		if size == DefaultThumb && mean > 25_000 {
			t.Errorf("%d bytes on average, want at most 25,000", mean)
		}
	}
}

// TestRunBoundsDecodes has many large pictures come up at once: those that are decoded together must fit the memory, and one
// that does not fit even alone is decoded with no other beside it.
func TestRunBoundsDecodes(t *testing.T) {
	r := newRig(t)
	sizes := map[string]int64{} // what a decode of a file's content may hold
	for i, side := range []int{100, 60, 60, 60, 60, 20, 20, 20, 20, 20} {
		img := image.NewGray(image.Rect(0, 0, side, side))
		img.Pix[0] = uint8(i)
		var b bytes.Buffer
		if err := png.Encode(&b, img); err != nil {
			t.Fatal(err)
		}
		r.write(fmt.Sprintf("%d.png", i), b.Bytes())
		sizes[b.String()] = int64(b.Len()) + 8*int64(side*side)
	}
	const memory = 66_000 // two of side 60, or many of side 20, but not the largest
	var mu sync.Mutex
	var held, most int64
	var running, beside int
	s := r.run(func(o *Options) {
		o.Workers, o.memory = 8, memory
		o.decode = func(data []byte, opts imgio.Options) (*imgio.Picture, error) {
			n := min(sizes[string(data)], memory)
			mu.Lock()
			held, running = held+n, running+1
			most, beside = max(most, held), max(beside, running)
			mu.Unlock()
			time.Sleep(20 * time.Millisecond)
			defer func() {
				mu.Lock()
				held, running = held-n, running-1
				mu.Unlock()
			}()
			return imgio.Decode(data, opts)
		}
	})
	if s.Added != 10 {
		t.Errorf("%+v", s)
	}
	if most > memory || beside < 2 {
		t.Errorf("%d bytes were held at once, of %d; %d decodes side by side", most, memory, beside)
	}
}
