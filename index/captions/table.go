package captions

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
)

// maxRecord is the length of a table's row in bytes beyond which the file is taken for something else.
const maxRecord = 1 << 20

// separators in the order in which a header is tried with them.
const separators = "\t,;|"

// separatorNames are for messages.
var separatorNames = map[byte]string{'\t': "tab", ',': "comma", ';': "semicolon", '|': "bar"}

// readTable reads a table with or without a header.
func readTable(f *File, in *bufio.Reader, k kind) error {
	start, _ := in.Peek(peekBytes)
	separator, cols, headed, err := tableForm(f.Path, start, k)
	if err != nil {
		return err
	}
	t := &table{path: f.Path, in: in, separator: separator, cells: cols.count}
	if last := cols.count - 1; last != cols.texts[len(cols.texts)-1] {
		t.cells = 0 // only texts may hold separators without quotes
	}
	f.Form = separatorNames[separator] + "-separated"
	for {
		cells, err := t.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if headed {
			headed = false
			continue
		}
		if err := addRow(f, t, cols, cells, k); err != nil {
			return err
		}
	}
}

// addRow adds the captions of one row.
func addRow(f *File, t *table, c columns, cells []string, k kind) error {
	if len(cells) < 2 {
		return t.error("no %s between file and %s in %s", separatorNames[t.separator], k.noun, shown(cells[0]))
	}
	if len(cells) < c.count {
		return t.error("%d fields, but the header has %d", len(cells), c.count)
	}
	if len(cells) > c.count {
		return t.error("%d fields, but the header has %d (put text that holds a %s in double quotes)",
			len(cells), c.count, separatorNames[t.separator])
	}
	name := strings.TrimSpace(cells[c.file])
	if name == "" {
		return t.error("no file name before the %s", k.noun)
	}
	cell := func(i int) string {
		if i < 0 {
			return ""
		}
		return cells[i]
	}
	for _, i := range c.texts {
		f.add(Line{File: name, Text: cells[i], Lang: cell(c.lang), Split: cell(c.split), Line: t.begin})
	}
	return nil
}

// tableForm finds a table's separator and columns by its first line that is not blank.
func tableForm(path string, start []byte, k kind) (separator byte, c columns, headed bool, err error) {
	line, text := 1, start
	for {
		end := bytes.IndexByte(text, '\n')
		if end < 0 || len(bytes.TrimSpace(text[:end])) > 0 {
			if end >= 0 {
				text = text[:end]
			}
			break
		}
		line, text = line+1, text[end+1:]
	}
	for _, sep := range []byte(separators) {
		t := &table{path: path, in: bufio.NewReader(bytes.NewReader(text)), separator: sep}
		cells, err := t.next()
		if err != nil {
			continue
		}
		if c, ok, found := header(cells, k); ok && !found {
			return 0, columns{}, false, &LineError{path, line, fmt.Sprintf("no column for the %s in the header %s; it may be called %s",
				k.noun, shown(strings.TrimSpace(string(text))), strings.Join(k.names, ", "))}
		} else if ok {
			return sep, c, true, nil
		}
	}
	candidates := "\t,"
	if extension(path) == ".csv" {
		candidates = ",\t"
	}
	for _, sep := range []byte(candidates) {
		if bytes.IndexByte(text, sep) >= 0 {
			return sep, plainColumns, false, nil
		}
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return '\t', plainColumns, false, nil
	}
	return 0, columns{}, false, &LineError{path, line, fmt.Sprintf("neither a tab nor a comma between file and %s in %s", k.noun, shown(string(text)))}
}

// table splits a text into rows of cells.
type table struct {
	path      string
	in        *bufio.Reader
	separator byte
	cells     int // cells in a row, the last of which takes what is left; 0: as many as there are

	line  int    // lines read
	begin int    // line in which the current row begins
	row   []byte // the current row, with the line ends inside quotes
}

func (t *table) error(format string, args ...any) error {
	return &LineError{t.path, t.begin, fmt.Sprintf(format, args...)}
}

// next returns the cells of the next row that is not blank, io.EOF after the last. There is at least one.
func (t *table) next() ([]string, error) {
	for {
		t.row = t.row[:0]
		if err := t.more(); err != nil {
			return nil, err
		}
		t.begin = t.line
		if len(bytes.TrimSpace(t.row)) > 0 {
			break
		}
	}
	if t.separator == '\t' {
		return splitTabs(string(t.row), t.cells), nil
	}
	return t.splitQuoted()
}

// more appends the next line, without its end, to the row; io.EOF if there is none.
func (t *table) more() error {
	before := len(t.row)
	for {
		part, err := t.in.ReadSlice('\n')
		t.row = append(t.row, part...)
		switch {
		case len(t.row) > maxRecord:
			return &LineError{t.path, t.line + 1, fmt.Sprintf("more than %d bytes in one row", maxRecord)}
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && len(t.row) == before:
			return io.EOF
		case err != nil && err != io.EOF:
			return fmt.Errorf("read %s: %w", t.path, err)
		}
		t.line++
		t.row = bytes.TrimSuffix(bytes.TrimSuffix(t.row, []byte("\n")), []byte("\r"))
		return nil
	}
}

// splitTabs splits a row of a tab-separated table.
func splitTabs(row string, n int) []string {
	if n == 0 {
		n = -1
	}
	cells := strings.SplitN(row, "\t", n)
	for i, cell := range cells {
		inner, ok := strings.CutPrefix(strings.TrimSpace(cell), `"`)
		if inner, closed := strings.CutSuffix(inner, `"`); ok && closed {
			// A lone quote inside means that the outer ones belong to the text.
			if plain := strings.ReplaceAll(inner, `""`, ""); !strings.Contains(plain, `"`) {
				cells[i] = strings.ReplaceAll(inner, `""`, `"`)
			}
		}
	}
	return cells
}

// splitQuoted splits a row whose cells may be quoted and may then go on over several lines.
func (t *table) splitQuoted() ([]string, error) {
	var cells []string
	for at := 0; ; {
		last := t.cells > 0 && len(cells) == t.cells-1
		cell, end, err := t.cell(at, last)
		if err != nil {
			return nil, err
		}
		cells = append(cells, cell)
		if end == len(t.row) {
			return cells, nil
		}
		at = end + 1
	}
}

// cell returns the cell that begins at a place of the row, and where it ends: at a separator or at the end of the row.
// The last cell takes the rest.
func (t *table) cell(at int, last bool) (string, int, error) {
	lead := at
	for lead < len(t.row) && t.row[lead] == ' ' {
		lead++
	}
	if lead < len(t.row) && t.row[lead] == '"' {
		if text, end, ok, err := t.quoted(lead+1, last); ok || err != nil {
			return text, end, err
		}
	}
	end := len(t.row)
	if i := bytes.IndexByte(t.row[at:], t.separator); i >= 0 && !last {
		end = at + i
	}
	return string(bytes.TrimSpace(t.row[at:end])), end, nil
}

// quoted returns the cell whose text begins at a place of the row, after the opening quote. ok is false if the quote is
// part of the text: the cell goes on after the closing quote.
func (t *table) quoted(at int, last bool) (text string, end int, ok bool, err error) {
	lines := t.line
	for scan := at; ; {
		i := bytes.IndexByte(t.row[scan:], '"')
		if i < 0 {
			scan = len(t.row)
			t.row = append(t.row, '\n')
			if err := t.more(); err == io.EOF {
				return "", 0, false, t.error("a double quote opens a field and nothing closes it")
			} else if err != nil {
				return "", 0, false, err
			}
			continue
		}
		scan += i + 1
		if scan < len(t.row) && t.row[scan] == '"' {
			scan++
			continue
		}
		end = scan
		for end < len(t.row) && t.row[end] == ' ' {
			end++
		}
		if end == len(t.row) || t.row[end] == t.separator && !last {
			return strings.ReplaceAll(string(t.row[at:scan-1]), `""`, `"`), end, true, nil
		}
		if t.line > lines {
			return "", 0, false, t.error("text follows the double quote that closes a field over several lines")
		}
		return "", 0, false, nil
	}
}
