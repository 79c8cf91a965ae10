package search

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"clipsearch/index/store"
)

// Filter says which documents may be hits. The zero value lets all pass. Values of one field are alternatives, fields
// are conditions that must all hold.
type Filter struct {
	Folder      string      // the picture lies in it or below; a relative one is below the folder that was indexed
	Types       []string    // formats as in Formats, or "jpg", "tif", "heif"
	Since       time.Time   // taken at or after; a picture without that date has its file's
	Until       time.Time   // taken before
	MinSize     Size        // at least so large
	MaxSize     Size        // at most so large
	Orientation Orientation // upright; "" means any
	Tags        []string    // has one of them, whatever its case
	Lang        string      // has a caption in that language, such as "de"; "en" includes captions of unknown language
	HasCaption  bool        // has a caption
	Without     []store.ID  // is none of these
}

// Formats returns the file types that Filter.Types can name, sorted.
func Formats() []string {
	return []string{"avif", "bmp", "gif", "heic", "jpeg", "png", "tiff", "webp"}
}

// active reports whether documents must be looked at to tell which pass. Without needs no look.
func (f Filter) active() bool {
	return f.Folder != "" || len(f.Types) > 0 || !f.Since.IsZero() || !f.Until.IsZero() || len(f.Tags) > 0 ||
		f.Lang != "" || f.HasCaption || f.MinSize != Size{} || f.MaxSize != Size{} || f.Orientation != ""
}

// readsCaptions reports whether captions must be looked at to tell which pass.
func (f Filter) readsCaptions() bool { return f.Lang != "" || f.HasCaption }

// checked returns f with its values in their canonical spelling, or an ErrBadQuery.
func (f Filter) checked() (Filter, error) {
	if !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until) {
		last := f.Until.Add(-time.Nanosecond)
		return f, badQuery("the dates are the wrong way round: since %s, until %s", day(f.Since), day(last))
	}
	if err := f.checkSizes(); err != nil {
		return f, err
	}
	types := make([]string, 0, len(f.Types))
	for _, name := range f.Types {
		canonical := strings.TrimPrefix(strings.ToLower(name), ".")
		switch canonical {
		case "jpg":
			canonical = "jpeg"
		case "tif":
			canonical = "tiff"
		case "heif":
			canonical = "heic"
		}
		if !slices.Contains(Formats(), canonical) {
			return f, badQuery("there is no file type %q; it is one of %s", name, strings.Join(Formats(), ", "))
		}
		types = append(types, canonical)
	}
	f.Types = types
	f.Lang = strings.ToLower(f.Lang)
	if f.Folder != "" {
		f.Folder = filepath.Clean(f.Folder)
	}
	return f, nil
}

func day(t time.Time) string { return t.Format(time.DateOnly) }

// passes reports whether a document with its captions is let through, but for f.Without. Captions count only where they are asked for.
func (f Filter) passes(r store.Record) bool {
	d := r.Document
	when := Date(d)
	switch {
	case d.Hidden:
	case f.Folder != "" && !inFolder(d, f.Folder):
	case len(f.Types) > 0 && !slices.Contains(f.Types, d.Format):
	case !f.Since.IsZero() && when.Before(f.Since):
	case !f.Until.IsZero() && !when.Before(f.Until):
	case !f.fits(d):
	case len(f.Tags) > 0 && !shareTag(f.Tags, d.Tags):
	case f.HasCaption && len(r.Captions) == 0:
	case f.Lang != "" && !slices.ContainsFunc(r.Captions, func(c store.Caption) bool { return f.speaks(c.Lang) }):
	default:
		return true
	}
	return false
}

// speaks reports whether a caption's language is the one asked for.
func (f Filter) speaks(lang string) bool {
	return lang == f.Lang || lang == "" && f.Lang == "en"
}

// Date returns when a picture was taken, else the time of its file.
func Date(d store.Document) time.Time {
	if d.Taken.IsZero() {
		return d.ModTime
	}
	return d.Taken
}

// inFolder reports whether a document lies in folder or below it, by whole path components.
func inFolder(d store.Document, folder string) bool {
	if !filepath.IsAbs(folder) {
		if d.Root == "" {
			return false
		}
		folder = filepath.Join(d.Root, folder)
	}
	rest, ok := strings.CutPrefix(d.Path, folder)
	separator := string(filepath.Separator)
	return ok && (strings.HasPrefix(rest, separator) || strings.HasSuffix(folder, separator))
}

func shareTag(wanted, has []string) bool {
	return slices.ContainsFunc(has, func(tag string) bool {
		return slices.ContainsFunc(wanted, func(w string) bool { return strings.EqualFold(w, tag) })
	})
}

// sieve turns filters into sets of documents. It keeps the last one, for the next page of the same search. It is safe
// for concurrent use.
type sieve struct {
	store *store.Store

	mu       sync.Mutex
	key      string // of the set: the filter
	sequence uint64 // of the set: the store's state
	set      map[store.ID]struct{}
}

// passing returns the set of documents that pass f but for f.Without, nil if all do. The set is shared and must not be changed.
// A set before the legs run, not a test of what they found, is what makes a narrow filter return as many hits as a wide
// one.
func (s *sieve) passing(ctx context.Context, f Filter) (map[store.ID]struct{}, error) {
	if !f.active() {
		return nil, nil
	}
	f.Without = nil
	key, sequence := fmt.Sprintf("%+v", f), s.store.Sequence()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set != nil && s.key == key && s.sequence == sequence {
		return s.set, nil
	}
	set := map[store.ID]struct{}{}
	add := func(r store.Record) error {
		if f.passes(r) {
			set[r.Document.ID] = struct{}{}
		}
		return nil
	}
	if err := s.each(ctx, f, add); err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	s.key, s.sequence, s.set = key, sequence, set
	return set, nil
}

// each visits the documents, with captions only if f looks at them.
func (s *sieve) each(ctx context.Context, f Filter, fn func(store.Record) error) error {
	if f.readsCaptions() {
		return s.store.EachRecord(ctx, fn)
	}
	return s.store.EachDocument(ctx, func(d store.Document) error { return fn(store.Record{Document: d}) })
}
