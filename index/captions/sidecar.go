package captions

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"

	"clipsearch/internal/regular"
)

// maxSidecar is how much of a text file beside a picture is read, in bytes.
const maxSidecar = 1 << 20

// translation matches a line such as "pt_BR.utf8=Um cão." of Tux Paint's stamps.
var translation = regexp.MustCompile(`^([A-Za-z]{2,8}(?:[_-][0-9A-Za-z]{2,8})*(?:@[0-9A-Za-z]+)?)\.utf8=(.*)$`)

// Sidecar returns the captions in the text file beside a picture, which has the picture's name with .txt in place of its
// extension: the first line that is not blank is a caption, and so is each line "xx.utf8=…" in the language xx. Other
// lines, and what is beyond the first MiB, are not looked at. Without such a file, or if it is no regular file, there
// are no captions and no error; ErrNotText if it is no text.
func Sidecar(picture string) ([]Line, error) {
	path := strings.TrimSuffix(picture, filepath.Ext(picture)) + ".txt"
	if path == picture {
		return nil, nil
	}
	file, err := regular.Open(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, regular.ErrNotRegular) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines, err := readSidecar(file, picture)
	if err != nil {
		return nil, fmt.Errorf("read captions from %s: %w", path, err)
	}
	return lines, nil
}

func readSidecar(content io.Reader, picture string) ([]Line, error) {
	in, err := decoded(io.LimitReader(content, maxSidecar))
	if err != nil {
		return nil, err
	}
	var f File
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 2*maxSidecar) // UTF-8 may need more bytes than UTF-16
	captioned := false
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if m := translation.FindStringSubmatch(line); m != nil {
			f.add(Line{File: picture, Lang: m[1], Text: m[2], Line: number})
		} else if !captioned && line != "" {
			f.add(Line{File: picture, Text: line, Line: number})
			captioned = true
		}
	}
	return f.Lines, lines.Err()
}
