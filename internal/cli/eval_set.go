package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"clipsearch/encode"
	"clipsearch/eval"
	"clipsearch/index"
	"clipsearch/index/captions"
	"clipsearch/index/store"
	"clipsearch/internal/imgio"
	"clipsearch/internal/progress"
	"clipsearch/internal/regular"
	"clipsearch/internal/scan"
)

// folderSet is a folder of pictures with what is said about them.
type folderSet struct {
	dir      string   // absolute
	files    []string // every picture below dir
	pictures map[string]*evalPicture
}

// evalPicture is one picture of a set before it is encoded.
type evalPicture struct {
	path    string
	picture eval.Picture
	file    int // where the picture is first mentioned: the caption or label file, and the line there
	line    int
}

// readFolder lists the pictures of opts.dataset that are measured on, in the order of the files that name them.
func readFolder(ctx context.Context, p Process, opts evalOptions) ([]evalPicture, error) {
	tree, err := scan.Walk(ctx, []string{opts.dataset}, scan.Options{Picture: imgio.PictureExtension})
	if err != nil {
		return nil, err
	}
	if len(tree.Away) > 0 {
		return nil, fmt.Errorf("%s: %w", opts.dataset, tree.Away[0].Err)
	}
	if len(tree.Files) == 0 {
		return nil, fmt.Errorf("%s: %w", opts.dataset, index.ErrNoPictures)
	}
	printProblems(p.Stderr, tree.Problems)
	s := &folderSet{dir: tree.Dirs[0], pictures: make(map[string]*evalPicture)}
	for _, file := range tree.Files {
		s.files = append(s.files, file.Path)
	}
	if len(opts.captions)+len(opts.labels) == 0 {
		err = s.readSidecars(tree.Files)
		if opts.classes != "" { // every picture may have one
			for i, file := range tree.Files {
				s.mention(file.Path, 0, i)
			}
		}
	} else {
		err = s.readFiles(p, opts)
	}
	if err != nil {
		return nil, err
	}
	return s.inOrder(opts), nil
}

// isQuery reports whether captions in a language are measured by: few models know others than English.
func isQuery(lang string) bool { return lang == "" || strings.HasPrefix(strings.ToLower(lang), "en") }

// readSidecars takes the captions beside the pictures.
func (s *folderSet) readSidecars(files []scan.File) error {
	for i, file := range files {
		lines, err := captions.Sidecar(file.Path)
		if err != nil && !errors.Is(err, captions.ErrNotText) && !errors.Is(err, captions.ErrNone) {
			return err
		}
		for _, line := range lines {
			if isQuery(line.Lang) {
				to := s.mention(file.Path, 0, i)
				to.picture.Captions = append(to.picture.Captions, line.Text)
			}
		}
	}
	return nil
}

// readFiles takes the lines of caption and label files.
func (s *folderSet) readFiles(p Process, opts evalOptions) error {
	for i, path := range opts.captions {
		file, err := captions.Read(path)
		if err == nil {
			err = s.take(p, opts.split, i, file, func(to *eval.Picture, text string) { to.Captions = append(to.Captions, text) })
		}
		if err != nil {
			return err
		}
	}
	for i, path := range opts.labels {
		file, err := captions.ReadLabels(path)
		if err == nil {
			err = s.take(p, opts.split, len(opts.captions)+i, file, func(to *eval.Picture, text string) { to.Labels = append(to.Labels, text) })
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take adds the lines of one file to the pictures that they name.
func (s *folderSet) take(p Process, split string, number int, file *captions.File, add func(*eval.Picture, string)) error {
	if split != "" {
		file.Lines = slices.DeleteFunc(file.Lines, func(l captions.Line) bool { return l.Split != split })
		if len(file.Lines) == 0 {
			return fmt.Errorf("%s: no line has the split %q", file.Path, split)
		}
	}
	matcher := captions.NewMatcher([]*captions.File{file}, []string{s.dir}, s.files)
	printReports(p.Stderr, matcher.Reports())
	if matcher.Reports()[0].Matched == 0 {
		return fmt.Errorf("%s %w", file.Path, index.ErrNoCaptionMatched)
	}
	for _, path := range s.files {
		for _, line := range matcher.For(path) {
			if !isQuery(line.Lang) {
				continue
			}
			add(&s.mention(path, number, line.Line).picture, line.Text)
		}
	}
	return nil
}

// mention returns the picture at a path, which a file names at a line.
func (s *folderSet) mention(path string, file, line int) *evalPicture {
	if s.pictures[path] == nil {
		name, err := filepath.Rel(s.dir, path)
		if err != nil {
			name = path
		}
		s.pictures[path] = &evalPicture{path: path, file: file, line: line, picture: eval.Picture{Name: filepath.ToSlash(name)}}
	}
	return s.pictures[path]
}

// inOrder returns the pictures in the order in which the files name them.
func (s *folderSet) inOrder(opts evalOptions) []evalPicture {
	var all []evalPicture
	for _, path := range s.files {
		if found := s.pictures[path]; found != nil {
			own := &found.picture
			own.Captions = own.Captions[:min(opts.first, len(own.Captions))]
			all = append(all, *found)
		}
	}
	slices.SortStableFunc(all, func(a, b evalPicture) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.line, b.line))
	})
	return all
}

// encodeBatch is how many pictures are decoded before they go through the tower together; see index's.
const encodeBatch = 64

// encodePictures fills in the vectors, decoding as index does. A picture that cannot be read is left out and returned.
func encodePictures(ctx context.Context, model *encode.Model, all []evalPicture, meter *progress.Meter) (read []evalPicture, skips []store.Skip, err error) {
	meter.Phase("encoding pictures")
	meter.Start(len(all))
	for batch := range slices.Chunk(all, encodeBatch) {
		inputs, errs := make([][]uint8, len(batch)), make([]error, len(batch))
		var g errgroup.Group
		g.SetLimit(runtime.GOMAXPROCS(0))
		for i := range batch {
			g.Go(func() error {
				if ctx.Err() == nil {
					inputs[i], errs[i] = prepareFile(model, batch[i].path)
				}
				return nil
			})
		}
		_ = g.Wait() // errs has them
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		var ready [][]uint8
		for i, err := range errs {
			if err != nil {
				skips = append(skips, store.Skip{Path: batch[i].path, Detail: err.Error()})
				meter.Failed()
				continue
			}
			ready, read = append(ready, inputs[i]), append(read, batch[i])
		}
		vectors, err := model.EncodePixels(ctx, ready)
		if err != nil {
			return nil, nil, err
		}
		for i, v := range vectors {
			read[len(read)-len(vectors)+i].picture.Vector = v
		}
		meter.Done(len(ready))
	}
	return read, skips, nil
}

// prepareFile returns a picture file as the image tower's input.
func prepareFile(model *encode.Model, path string) ([]uint8, error) {
	data, err := regular.ReadFile(path)
	if err != nil {
		return nil, err
	}
	picture, err := imgio.Decode(data, index.DecodeOptions(model.InputSize()))
	if err != nil {
		return nil, err
	}
	return model.Prepare(picture.Image), nil
}
