package cli

import (
	"context"
	"errors"
	"fmt"
	"image"
	"slices"
	"sync"

	"clipsearch/encode"
	"clipsearch/internal/imgio"
	"clipsearch/locate"
	"clipsearch/search"
	"clipsearch/ui"
)

// maxSeen is how many pictures are remembered as they were seen, a few megabytes each: a person who looks for one thing in a
// picture looks for others, too.
const maxSeen = 8

// locator finds things in pictures for a page. It is safe for concurrent use.
type locator struct {
	encoder *queryEncoder
	looking chan struct{} // one slot: the tower is for queries, too

	mu   sync.Mutex
	seen []seenPicture // the one used last at the end
}

// seenPicture is a picture as it was seen.
type seenPicture struct {
	key  string // of the content, and the method
	size image.Point
	*locate.Seen
}

func newLocator(encoder *queryEncoder) *locator {
	return &locator{encoder: encoder, looking: make(chan struct{}, 1)}
}

// Locate looks for each text's thing in a picture file.
func (l *locator) Locate(ctx context.Context, picture ui.LocatePicture, ask ui.LocateQuery) (ui.Located, error) {
	model, err := l.encoder.get()
	if err != nil {
		return ui.Located{}, fmt.Errorf("%w: %w", search.ErrNoEncoder, err)
	}
	seen, err := l.look(ctx, model, picture, ask.Method)
	if err != nil {
		return ui.Located{}, err
	}
	result, err := seen.Find(ctx, model, ask.Texts, locate.Options{Top: ask.Top, Size: seen.size})
	if err != nil {
		return ui.Located{}, err
	}
	found := ui.Located{Width: result.Size.X, Height: result.Size.Y, Sheet: result.Overlay, Layer: result.Layer}
	for _, text := range result.Texts {
		line := ui.LocatedText{Text: text.Text}
		for _, b := range text.Boxes {
			line.Boxes = append(line.Boxes, ui.LocatedBox{Probability: b.Probability, X: b.Min.X, Y: b.Min.Y, Width: b.Dx(), Height: b.Dy()})
		}
		found.Texts = append(found.Texts, line)
	}
	return found, nil
}

// look returns a picture as it is seen, which takes time where it is not remembered.
func (l *locator) look(ctx context.Context, model *encode.Model, picture ui.LocatePicture, method string) (seenPicture, error) {
	key := method + " " + picture.Key
	if seen, ok := l.remembered(key); ok {
		return seen, nil
	}
	select {
	case l.looking <- struct{}{}:
		defer func() { <-l.looking }()
	case <-ctx.Done():
		return seenPicture{}, ctx.Err()
	}
	if seen, ok := l.remembered(key); ok { // meanwhile
		return seen, nil
	}
	how, err := locate.ParseMethod(method)
	if err != nil {
		return seenPicture{}, fmt.Errorf("%w: %w", search.ErrBadQuery, err)
	}
	data, err := picture.Read()
	if err != nil {
		return seenPicture{}, err
	}
	decoded, err := imgio.Decode(data, imgio.Options{MinShort: locateShort * model.InputSize()})
	if err != nil {
		return seenPicture{}, errors.Join(search.ErrBadPicture, err)
	}
	seen, err := locate.Look(ctx, model, decoded.Image, how)
	if err != nil {
		return seenPicture{}, err
	}
	return l.remember(seenPicture{key, image.Pt(decoded.Width, decoded.Height), seen}), nil
}

// remembered returns a picture that has been seen.
func (l *locator) remembered(key string) (seenPicture, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.seen, func(s seenPicture) bool { return s.key == key })
	if i < 0 {
		return seenPicture{}, false
	}
	found := l.seen[i]
	l.seen = append(slices.Delete(l.seen, i, i+1), found)
	return found, true
}

// remember keeps a picture in place of the one that was asked for longest ago.
func (l *locator) remember(s seenPicture) seenPicture {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) == maxSeen {
		l.seen = slices.Delete(l.seen, 0, 1)
	}
	l.seen = append(l.seen, s)
	return s
}
