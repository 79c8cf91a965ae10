package index

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"clipsearch/index/captions"
	"clipsearch/index/store"
)

// Where a caption came from, as the library records it.
const (
	sourceSidecar  = "sidecar"  // NAME.txt beside the picture
	sourceFile     = "file"     // a caption file given to a run
	sourceEmbedded = "embedded" // IPTC, XMP or EXIF in the picture
)

// notes are the captions and labels of the files given to a run. The zero value has none.
type notes struct {
	given    bool // caption files were given, even if they say nothing of a picture
	texts    *captions.Matcher
	labelled bool // the same of label files
	tagging  *captions.Matcher
}

// labels returns what the label files say of a picture.
func (n notes) labels(path string) []string {
	var all []string
	for _, line := range n.tagging.For(path) {
		all = append(all, line.Text)
	}
	return all
}

// captions returns what the caption files say of a picture.
func (n notes) captions(path string) []store.Caption {
	if n.texts == nil {
		return nil
	}
	return stored(n.texts.For(path), sourceFile)
}

// readNotes reads the caption and label files and looks their names up among the pictures.
func (r *run) readNotes() error {
	paths := make([]string, len(r.tree.Files))
	for i, file := range r.tree.Files {
		paths[i] = file.Path
	}
	match := func(names []string, read func(string) (*captions.File, error)) (*captions.Matcher, error) {
		var files []*captions.File
		for _, name := range names {
			file, err := read(name)
			if err != nil {
				return nil, err
			}
			files = append(files, file)
		}
		m := captions.NewMatcher(files, r.tree.Dirs, paths)
		r.summary.Captions = append(r.summary.Captions, m.Reports()...)
		return m, nil
	}
	var err error
	if r.notes.texts, err = match(r.opts.Captions, captions.Read); err != nil {
		return err
	}
	if r.notes.tagging, err = match(r.opts.Labels, captions.ReadLabels); err != nil {
		return err
	}
	r.notes.given, r.notes.labelled = len(r.opts.Captions) > 0, len(r.opts.Labels) > 0
	if r.opts.Matched != nil && len(r.summary.Captions) > 0 {
		r.opts.Matched(r.summary.Captions)
	}
	return nil
}

// captions returns all captions of a file that is being taken in. Those from earlier caption files stay if this run was
// given none.
func (r *run) captions(j job, fromPicture []store.Caption) ([]store.Caption, error) {
	var earlier []store.Caption
	if j.id != 0 && !r.notes.given {
		var err error
		if earlier, err = r.store.Captions(j.id); err != nil {
			return nil, err
		}
	}
	return r.wanted(j.file.Path, j.file.Sidecar, append(fromPicture, earlier...))
}

// tags returns the tags of a file that is being taken in, of which its picture says some itself. Those from earlier label
// files stay if this run was given none.
func (r *run) tags(j job, own []string) (store.Tags, error) {
	var earlier []string
	if j.id != 0 && !r.notes.labelled {
		d, err := r.store.Document(j.id)
		if err != nil {
			return store.Tags{}, err
		}
		earlier = d.Labels
	}
	return r.wantedTags(j.file.Path, own, earlier), nil
}

// wantedTags returns the tags that a picture should have: its own, and those of the label files as they are now or, if this
// run was given none, of earlier ones.
func (r *run) wantedTags(path string, own, earlier []string) store.Tags {
	if r.notes.labelled {
		earlier = r.notes.labels(path)
	}
	own = merge(own, nil)
	all := merge(own, earlier)
	return store.Tags{All: all, Labels: all[len(own):]}
}

// ownTags returns the tags of a document that are its picture's.
func ownTags(d store.Document) []string {
	return slices.DeleteFunc(slices.Clone(d.Tags), func(tag string) bool { return slices.Contains(d.Labels, tag) })
}

// wanted returns the captions that a picture should have: those of its sidecar and of the caption files as they are now,
// and of the known ones those from inside the picture and, if this run was given no caption file, from earlier files.
func (r *run) wanted(path, sidecar string, known []store.Caption) ([]store.Caption, error) {
	var all []store.Caption
	if sidecar != "" {
		lines, err := captions.Sidecar(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, captions.ErrNotText) && !errors.Is(err, captions.ErrNone) {
			return nil, err
		}
		all = stored(lines, sourceSidecar)
	}
	if r.notes.given {
		all = append(all, r.notes.captions(path)...)
	} else {
		all = append(all, bySource(known, sourceFile)...)
	}
	return distinct(append(all, bySource(known, sourceEmbedded)...)), nil
}

// stored turns lines of a caption file into the library's captions.
func stored(lines []captions.Line, source string) []store.Caption {
	all := make([]store.Caption, 0, len(lines))
	for _, line := range lines {
		all = append(all, store.Caption{Text: line.Text, Source: source, Lang: primaryTag(line.Lang)})
	}
	return all
}

// primaryTag returns the language of a locale name: "pt" of "pt_BR", "ca" of "ca@valencia".
func primaryTag(locale string) string {
	tag, _, _ := strings.Cut(strings.ToLower(locale), "_")
	tag, _, _ = strings.Cut(tag, "-")
	tag, _, _ = strings.Cut(tag, "@")
	return tag
}

// embedded turns descriptions from inside a picture into captions.
func embedded(descriptions []string) []store.Caption {
	var all []store.Caption
	for _, text := range descriptions {
		all = append(all, store.Caption{Text: text, Source: sourceEmbedded})
	}
	return all
}

// bySource returns the captions of one source.
func bySource(all []store.Caption, source string) []store.Caption {
	return slices.DeleteFunc(slices.Clone(all), func(c store.Caption) bool { return c.Source != source })
}

// distinct returns captions without those that repeat an earlier one's text and language.
func distinct(all []store.Caption) []store.Caption {
	type key struct{ text, lang string }
	seen := make(map[key]bool, len(all))
	return slices.DeleteFunc(all, func(c store.Caption) bool {
		k := key{c.Text, c.Lang}
		again := seen[k]
		seen[k] = true
		return again
	})
}

// merge returns the distinct strings of both lists in order.
func merge(a, b []string) []string {
	var all []string
	for _, s := range slices.Concat(a, b) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return all
}

// maxAttach is how many documents get other captions in one transaction.
const maxAttach = 1000

// attach brings captions and tags of pictures that were not read in this run in step with their sidecars and with the
// files given.
func (r *run) attach(ctx context.Context) error {
	r.meter.Phase("comparing captions")
	texts, tags := make(map[store.ID][]store.Caption), make(map[store.ID]store.Tags)
	changed := make(map[store.ID]bool)
	flush := func() error {
		if err := r.store.SetCaptions(ctx, maps.Clone(texts)); err != nil {
			return err
		}
		if err := r.store.SetTags(ctx, maps.Clone(tags)); err != nil {
			return err
		}
		clear(texts)
		clear(tags)
		return nil
	}
	err := r.store.EachRecord(ctx, func(record store.Record) error {
		id := record.Document.ID
		file, ok := r.done[id]
		if !ok {
			return nil
		}
		want, err := r.wanted(file.Path, file.Sidecar, record.Captions)
		if err != nil {
			return err
		}
		if !slices.Equal(want, record.Captions) {
			texts[id], changed[id] = want, true
		}
		d := record.Document
		if t := r.wantedTags(file.Path, ownTags(d), d.Labels); !slices.Equal(t.All, d.Tags) || !slices.Equal(t.Labels, d.Labels) {
			tags[id], changed[id] = t, true
		}
		if len(texts)+len(tags) < maxAttach {
			return nil
		}
		return flush()
	})
	if err != nil {
		return err
	}
	r.summary.Captioned = len(changed)
	return flush()
}
