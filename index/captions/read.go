package captions

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/text/encoding/unicode"

	"clipsearch/internal/regular"
)

// peekBytes is how much of a file decides its form.
const peekBytes = 64 << 10

// Read returns the captions of a file in any of the forms above. The file is read as a stream, so millions of lines
// need the memory of the captions alone. Errors name the file: a *LineError also the line; ErrNotText; ErrNone if there
// is no caption in it.
func Read(path string) (*File, error) { return readPath(path, captionKind) }

// ReadLabels returns the labels of a file, each as the Text of a Line; several lines may give one picture several
// labels. Forms and errors are those of Read.
func ReadLabels(path string) (*File, error) { return readPath(path, labelKind) }

func readPath(path string, k kind) (*File, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return read(path, file, k)
}

// read reads a file's content.
func read(path string, content io.Reader, k kind) (*File, error) {
	in, err := decoded(content)
	if err != nil {
		return nil, fmt.Errorf("read %ss from %s: %w", k.noun, path, err)
	}
	f := &File{Path: path}
	if start, _ := in.Peek(peekBytes); isJSON(start) {
		err = readJSON(f, in, k)
	} else {
		err = readTable(f, in, k)
	}
	if err != nil {
		return nil, err
	}
	if len(f.Lines) == 0 {
		if f.Empty > 0 {
			return nil, fmt.Errorf("read %ss from %s: %w: all %d %ss are empty", k.noun, path, ErrNone, f.Empty, k.noun)
		}
		return nil, fmt.Errorf("read %ss from %s: %w", k.noun, path, ErrNone)
	}
	return f, nil
}

// decoded returns the text without its byte order mark, UTF-16 as UTF-8. Other bytes stay as they are.
func decoded(r io.Reader) (*bufio.Reader, error) {
	in := bufio.NewReaderSize(r, peekBytes)
	start, err := in.Peek(3)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(start, []byte("\xEF\xBB\xBF")):
		_, _ = in.Discard(3) // peeked
	case bytes.HasPrefix(start, []byte("\xFF\xFE")), bytes.HasPrefix(start, []byte("\xFE\xFF")):
		utf16 := unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
		in = bufio.NewReaderSize(utf16.NewDecoder().Reader(in), peekBytes)
	}
	start, err = in.Peek(peekBytes)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.IndexByte(start, 0) >= 0 {
		return nil, ErrNotText
	}
	return in, nil
}

// isJSON reports whether a text begins as an object or as a list of objects.
func isJSON(start []byte) bool {
	start = bytes.TrimLeft(start, " \t\r\n")
	if len(start) == 0 {
		return false
	}
	next := bytes.TrimLeft(start[1:], " \t\r\n")
	switch {
	case len(next) == 0:
		return false
	case start[0] == '{':
		return next[0] == '"' || next[0] == '}'
	case start[0] == '[':
		return next[0] == '{' || next[0] == ']'
	}
	return false
}

// extension returns a path's extension in small letters, "" if it has none.
func extension(path string) string { return strings.ToLower(filepath.Ext(path)) }

// shown shortens a text for a message.
func shown(s string) string {
	const limit = 80
	if len(s) > limit {
		return strconv.Quote(strings.ToValidUTF8(s[:limit], "")) + "…"
	}
	return strconv.Quote(s)
}
