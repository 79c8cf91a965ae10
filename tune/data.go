package tune

import (
	"crypto/sha256"
	"fmt"
	"image"
	"strings"

	"clipsearch/internal/resample"
)

// Example is a picture with all that may be said of it.
type Example struct {
	Name  string            // in reports
	Hash  [sha256.Size]byte // of the file
	Image *image.RGBA       // upright; its shorter side somewhat longer than the tower's input, so that crops lose nothing
	Texts []Text
}

// Shrink returns img scaled so that its shorter side has short px; img itself where it has no more.
func Shrink(img *image.RGBA, short int) *image.RGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	least := min(w, h)
	if least <= short {
		return img
	}
	size := image.Pt(max(1, w*short/least), max(1, h*short/least))
	return resample.Scale(img, size, image.Rectangle{Max: size}, resample.Bicubic)
}

// Text is one way to speak of a picture. Two texts of one Class mean the same, whatever they say.
type Text struct {
	Text  string
	Class string // "": a caption, which means what it says
}

// Set is a source of examples.
type Set struct {
	Name     string
	Examples []Example
	Share    float64 // of each batch, in proportion to the others'; 0 is 1
	Augment  Augment
}

// data are all sets of a run, with their pictures and texts numbered.
type data struct {
	sets  []Set
	first []int64          // by set: the number of its first picture
	texts map[Text]int64   // numbers: texts of one class have the same
	same  map[string]int64 // by what is said
}

// newData numbers pictures and texts. ErrNoExamples, ErrOneText.
func newData(sets []Set) (*data, error) {
	d := &data{texts: make(map[Text]int64), same: make(map[string]int64)}
	var pictures int64
	for _, set := range sets {
		var usable []Example
		for _, e := range set.Examples {
			if len(e.Texts) > 0 {
				usable = append(usable, e)
			}
		}
		if len(usable) == 0 {
			return nil, fmt.Errorf("%s: %w", set.Name, ErrNoExamples)
		}
		set.Examples = usable
		if set.Share == 0 {
			set.Share = 1
		}
		d.sets, d.first = append(d.sets, set), append(d.first, pictures)
		pictures += int64(len(usable))
		for _, e := range usable {
			for _, t := range e.Texts {
				d.number(t)
			}
		}
	}
	if len(d.sets) == 0 {
		return nil, ErrNoExamples
	}
	if len(d.same) < 2 {
		return nil, ErrOneText
	}
	return d, nil
}

// number gives a text its number: that of its class, or of what it says but for case and blanks around it.
func (d *data) number(t Text) {
	key := "class\x00" + t.Class
	if t.Class == "" {
		key = strings.ToLower(strings.TrimSpace(t.Text))
	}
	n, ok := d.same[key]
	if !ok {
		n = int64(len(d.same))
		d.same[key] = n
	}
	d.texts[t] = n
}
