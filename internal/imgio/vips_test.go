//go:build native

package imgio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestDecodeHEIF(t *testing.T) {
	for name, want := range map[string]Header{
		"quarters.heic": {Format: "heic", Width: 48, Height: 32, Orientation: 1},
		"rotated.heic":  {Format: "heic", Width: 48, Height: 32, Orientation: 1}, // stored as 32×48 with a rotation box
		"quarters.avif": {Format: "avif", Width: 48, Height: 32, Orientation: 1},
	} {
		t.Run(name, func(t *testing.T) {
			data := testdata(t, name)
			p, err := Decode(data, Options{ThumbLong: 24})
			if err != nil {
				t.Fatal(err)
			}
			if p.Header != want || p.Image.Rect.Size() != image.Pt(48, 32) || p.ThumbWidth != 24 || p.ThumbHeight != 16 {
				t.Errorf("got %+v, picture %v, thumbnail %d×%d", p.Header, p.Image.Rect, p.ThumbWidth, p.ThumbHeight)
			}
			checkQuarters(t, p.Image, 12, false)
			if h, err := ReadHeader(data); err != nil || h != want {
				t.Errorf("ReadHeader gave %+v, %v", h, err)
			}
			if _, err := Decode(data, Options{MaxPixels: 1000}); err == nil || !strings.Contains(err.Error(), "more than the limit of 1000 pixels") {
				t.Errorf("above the limit: %v", err)
			}
			p, err = Decode(data, Options{MinShort: 16})
			if err != nil || p.Image.Rect.Size() != image.Pt(24, 16) {
				t.Fatalf("shrunk: %+v, %v", p, err)
			}
			checkQuarters(t, p.Image, 12, false)
			for cut := 1; cut < len(data); cut += 37 {
				if _, err := Decode(data[:cut], Options{}); err == nil {
					t.Errorf("the first %d of %d bytes were accepted", cut, len(data))
				}
			}
		})
	}
}

// TestTIFFKinds decodes inks, which Go's codec does not read.
func TestTIFFKinds(t *testing.T) {
	le := binary.LittleEndian
	// 2×1 px CMYK, uncompressed: cyan; half black.
	out := []byte("II*\x00\x08\x00\x00\x00")
	out = le.AppendUint16(out, 9)
	for _, e := range [][4]int{
		{0x100, 4, 1, 2}, {0x101, 4, 1, 1}, {0x102, 3, 4, 122}, {0x103, 3, 1, 1}, {0x106, 3, 1, 5},
		{0x111, 4, 1, 130}, {0x115, 3, 1, 4}, {0x116, 4, 1, 1}, {0x117, 4, 1, 8},
	} {
		out = le.AppendUint16(out, uint16(e[0]))
		out = le.AppendUint16(out, uint16(e[1]))
		out = le.AppendUint32(out, uint32(e[2]))
		out = le.AppendUint32(out, uint32(e[3]))
	}
	out = append(out, 0, 0, 0, 0, 8, 0, 8, 0, 8, 0, 8, 0, 255, 0, 0, 0, 0, 0, 0, 128)
	p, err := Decode(out, Options{ThumbLong: 2})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := p.Image.RGBAAt(0, 0), p.Image.RGBAAt(1, 0); a != (color.RGBA{0, 255, 255, 255}) || b != (color.RGBA{127, 127, 127, 255}) {
		t.Errorf("cyan is %v, half black %v", a, b)
	}
}

// TestThumbProfile gives the test picture a colour profile in which red and blue are swapped: the thumbnail follows
// it, the pixels for the model do not.
func TestThumbProfile(t *testing.T) {
	flat := quarters(48, 32, false)
	jpg := withSegment(asJPEG(t, flat), 0xe2, []byte("ICC_PROFILE\x00\x01\x01"), swapped("swapped"))
	p, err := Decode(jpg, Options{ThumbLong: 48})
	if err != nil {
		t.Fatal(err)
	}
	checkQuarters(t, p.Image, 4, false)
	if c := thumbColour(t, p, 0); c.B < 180 || c.R > 90 {
		t.Errorf("the red quarter of the thumbnail is %v, want blue", c)
	}
	if bytes.Contains(p.Thumb, []byte("ICC_PROFILE")) {
		t.Error("the thumbnail holds a profile")
	}

	for name, profile := range map[string][]byte{
		"one that calls itself sRGB": swapped("sRGB IEC61966-2.1"),
		"a broken one":               swapped("x")[:140],
		"noise":                      []byte("no profile at all"),
	} {
		jpg := withSegment(asJPEG(t, flat), 0xe2, []byte("ICC_PROFILE\x00\x01\x01"), profile)
		p, err := Decode(jpg, Options{ThumbLong: 48})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c := thumbColour(t, p, 0); c.R < 180 || c.B > 90 {
			t.Errorf("%s: the red quarter of the thumbnail is %v", name, c)
		}
	}
	// A profile for other channels than the picture has is passed over.
	grey := image.NewGray(image.Rect(0, 0, 8, 8))
	jpg = withSegment(asJPEG(t, grey), 0xe2, []byte("ICC_PROFILE\x00\x01\x01"), swapped("swapped"))
	if p, err := Decode(jpg, Options{ThumbLong: 8}); err != nil || p.Thumb == nil {
		t.Errorf("an RGB profile in a grey picture: %v", err)
	}
}

// thumbColour returns the middle of a quarter of p's thumbnail.
func thumbColour(t *testing.T, p *Picture, q int) color.RGBA {
	t.Helper()
	img, err := jpeg.Decode(bytes.NewReader(p.Thumb))
	if err != nil {
		t.Fatal(err)
	}
	at := img.At(p.ThumbWidth/4+q%2*p.ThumbWidth/2, p.ThumbHeight/4+q/2*p.ThumbHeight/2)
	return color.RGBAModel.Convert(at).(color.RGBA)
}

// swapped returns an ICC profile (ICC.1:2001-04) with sRGB's primaries, red and blue swapped, and gamma 2.2.
func swapped(name string) []byte {
	be := binary.BigEndian
	fixed := func(v float64) []byte { return be.AppendUint32(nil, uint32(int32(v*65536))) }
	xyz := func(x, y, z float64) []byte {
		return bytes.Join([][]byte{[]byte("XYZ \x00\x00\x00\x00"), fixed(x), fixed(y), fixed(z)}, nil)
	}
	desc := append([]byte("desc\x00\x00\x00\x00"), be.AppendUint32(nil, uint32(len(name)+1))...)
	desc = append(append(desc, name...), make([]byte, 1+78)...)
	curve := []byte("curv\x00\x00\x00\x00\x00\x00\x00\x01\x02\x33\x00\x00")
	tags := []struct {
		name string
		body []byte
	}{
		{"desc", desc}, {"wtpt", xyz(0.9642, 1, 0.8249)},
		{"rXYZ", xyz(0.1431, 0.0606, 0.7141)}, {"gXYZ", xyz(0.3851, 0.7169, 0.0971)}, {"bXYZ", xyz(0.4361, 0.2225, 0.0139)},
		{"rTRC", curve}, {"gTRC", curve}, {"bTRC", curve}, {"cprt", []byte("text\x00\x00\x00\x00CC0\x00")},
	}
	head := make([]byte, 128)
	copy(head[8:], "\x02\x10\x00\x00mntrRGB XYZ ")
	copy(head[36:], "acsp")
	copy(head[68:], xyz(0.9642, 1, 0.8249)[8:])
	table := be.AppendUint32(nil, uint32(len(tags)))
	var bodies []byte
	for _, tag := range tags {
		table = append(table, tag.name...)
		table = be.AppendUint32(table, uint32(128+4+12*len(tags)+len(bodies)))
		table = be.AppendUint32(table, uint32(len(tag.body)))
		bodies = append(bodies, tag.body...)
		bodies = append(bodies, make([]byte, -len(bodies)&3)...)
	}
	out := bytes.Join([][]byte{head, table, bodies}, nil)
	be.PutUint32(out, uint32(len(out)))
	return out
}

// TestMemory decodes a 12-megapixel JPEG for a model: the full picture would take 36 MB as RGB.
func TestMemory(t *testing.T) {
	data := asJPEG(t, scene(4000, 3000))
	decode := func() {
		p, err := Decode(data, Options{MinShort: 336, ThumbLong: 384})
		if err != nil {
			t.Fatal(err)
		}
		if size := p.Image.Rect.Size(); size != image.Pt(500, 375) {
			t.Fatalf("decoded to %v", size)
		}
	}
	decode() // starts libvips
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		t.Skipf("the peak of memory cannot be reset here: %v; run: go test -tags native -run TestMemory ./internal/imgio", err)
	}
	before := status(t, "VmRSS")
	decode()
	if grown := status(t, "VmHWM") - before; grown > 16<<20 {
		t.Errorf("decoding took %d MB at its peak", grown>>20)
	} else {
		t.Logf("decoding took %d kB at its peak", grown>>10)
	}
	runtime.KeepAlive(data)
}

// status returns a size of /proc/self/status in bytes.
func status(t *testing.T, name string) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(text), name+":")
	var kB int64
	if _, err := fmt.Sscan(rest, &kB); err != nil {
		t.Fatal(err)
	}
	return kB << 10
}

// TestErrorsSideBySide decodes damaged files of several kinds at once: each must say what it says alone.
func TestErrorsSideBySide(t *testing.T) {
	jpg, heic := asJPEG(t, scene(200, 150)), testdata(t, "quarters.heic")
	png := asPNG(t, scene(200, 150))
	files := [][]byte{
		jpg[:len(jpg)/2], png[:len(png)/2], heic[:len(heic)-40], testdata(t, "quarters.avif")[:200],
		append(bytes.Clone(png[:60]), bytes.Repeat([]byte{7}, len(png)-60)...),
	}
	var alone []string
	for _, file := range files {
		_, err := Decode(file, Options{})
		if err == nil {
			t.Fatal("a damaged file was decoded")
		}
		alone = append(alone, err.Error())
	}
	t.Logf("alone: %q", alone)
	var group sync.WaitGroup
	for range 200 {
		for i, file := range files {
			group.Go(func() {
				if _, err := Decode(file, Options{}); err == nil || err.Error() != alone[i] {
					t.Errorf("beside others: %v, alone: %s", err, alone[i])
				}
			})
		}
	}
	group.Wait()
}

// TestDeadline gives up a decode whose time is over.
func TestDeadline(t *testing.T) {
	data := asJPEG(t, scene(64, 64))
	if _, err := Decode(data, Options{Deadline: time.Now().Add(-time.Second)}); !errors.Is(err, ErrSlow) {
		t.Errorf("error is %v", err)
	}
	if _, err := Decode(data, Options{Deadline: time.Now().Add(time.Hour)}); err != nil {
		t.Error(err)
	}
}
