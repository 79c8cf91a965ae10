package captions

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Line is one caption, or one label, of one picture.
type Line struct {
	File  string // the picture's name as the file gives it; of Sidecar the picture's path
	Text  string // not empty, valid UTF-8, single spaces
	Lang  string // as the file spells it, such as "de", "pt_BR" or "ca@valencia"; "" if it doesn't say
	Split string // "train", "val", "test", … as the file spells it; "" if it doesn't say
	Line  int    // where it begins in the file, from 1
}

// File is what a caption or label file holds.
type File struct {
	Path    string // as given to Read
	Form    string // "tab-separated", "comma-separated", …, "JSON", "COCO JSON" or "Karpathy JSON", for messages
	Lines   []Line // in the order of the file; never empty
	Empty   int    // captions without text, left out
	Damaged int    // captions that hold U+FFFD in place of bytes that are not UTF-8
}

// maxText is the length of a caption in bytes beyond which it is cut: long enough for any description, short enough for
// a library record.
const maxText = 64 << 10

// numbered matches a name in Flickr8k's token files, where captions are numbered.
var numbered = regexp.MustCompile(`\.[0-9A-Za-z]{1,5}#[0-9]+$`)

// add appends a caption, or counts it if it is empty.
func (f *File) add(l Line) {
	var replaced bool
	if l.Text, replaced = clean(l.Text); l.Text == "" {
		f.Empty++
		return
	}
	if replaced {
		f.Damaged++
	}
	if numbered.MatchString(l.File) {
		l.File = l.File[:strings.LastIndexByte(l.File, '#')]
	}
	l.Lang, l.Split = strings.TrimSpace(l.Lang), strings.TrimSpace(l.Split)
	f.Lines = append(f.Lines, l)
}

// clean collapses white space, cuts what is too long and reports whether bytes had to be replaced.
func clean(text string) (_ string, replaced bool) {
	if len(text) > maxText {
		end := maxText
		for end > 0 && !utf8.RuneStart(text[end]) {
			end--
		}
		text = text[:end]
	}
	text = strings.Join(strings.Fields(text), " ")
	if !utf8.ValidString(text) {
		return strings.ToValidUTF8(text, "\uFFFD"), true
	}
	return text, false
}
