package captions

import (
	"slices"
	"strings"
)

// Names of columns and of JSON fields, the likelier first.
var (
	fileNames = []string{
		"file", "file_name", "filename", "file_path", "filepath", "image", "image_name", "image_file", "image_path",
		"img", "img_path", "path", "picture", "photo",
	}
	captionNames = []string{
		"caption", "captions", "text", "texts", "title", "description", "descriptions", "comment", "comments",
		"sentence", "sentences", "raw",
	}
	labelNames = []string{"label", "labels", "class", "category", "categories", "tag", "tags", "keyword", "keywords"}
	langNames  = []string{"lang", "language"}
	splitNames = []string{"split"}
)

// kind is what a file is read for.
type kind struct {
	noun  string   // in messages
	names []string // columns that hold it
}

var (
	captionKind = kind{"caption", captionNames}
	labelKind   = kind{"label", labelNames}
)

// columns says what the cells of a table's row are.
type columns struct {
	count       int // 0 if any
	file        int
	texts       []int
	lang, split int // -1 if there is none
}

// plainColumns are those of a table without a header: the rest of the line after the file is the text.
var plainColumns = columns{count: 2, file: 0, texts: []int{1}, lang: -1, split: -1}

// header reads a table's first row. ok is false if it is no header; found is false if it is one that lacks a column for
// the texts. A header names the file in its first column, or names both the file and the texts.
func header(cells []string, k kind) (c columns, ok, found bool) {
	names := make([]string, len(cells))
	for i, cell := range cells {
		names[i] = fieldName(cell)
	}
	c = columns{count: len(cells), file: first(names, fileNames), lang: first(names, langNames), split: first(names, splitNames)}
	for i, name := range names {
		if slices.Contains(k.names, name) && i != c.file {
			c.texts = append(c.texts, i)
		}
	}
	if c.file < 0 || len(cells) < 2 || c.file > 0 && len(c.texts) == 0 {
		return columns{}, false, false
	}
	if len(c.texts) == 0 && len(cells) == 2 {
		c.texts = []int{1}
	}
	return c, true, len(c.texts) > 0
}

// first returns the place in names of the first of wanted that is there, -1 if none is.
func first(names, wanted []string) int {
	for _, w := range wanted {
		if i := slices.Index(names, w); i >= 0 {
			return i
		}
	}
	return -1
}

// fieldName brings the name of a column or field to the form of the lists.
func fieldName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' {
			return '_'
		}
		return r
	}, strings.ToLower(strings.TrimSpace(s)))
}
