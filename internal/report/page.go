package report

import (
	"bufio"
	_ "embed"
	"html/template"
	"io"
	"strings"
)

// Page is one report. Texts are plain; what is empty is left out.
type Page struct {
	Title    string
	Lead     string // one or two sentences: what was measured and what came out
	Facts    []Fact
	Sections []Section
}

// Fact is something that holds for the whole report.
type Fact struct{ Name, Value string }

// Section is a part of a page under a heading of its own.
type Section struct {
	Title     string
	Note      string // how to read it
	Tables    []Table
	Charts    []Chart
	Matrices  []Matrix
	Galleries []Gallery
}

// Table is a table of texts. In each row the first cell names the row; what follows " [" in the others is shown as the
// interval of what is before it.
type Table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// Gallery shows examples.
type Gallery struct {
	Caption string
	Note    string
	Items   []Item
}

// Item is one example: a text and pictures that belong to it.
type Item struct {
	Text     string
	Note     string
	Pictures []Picture
}

// Picture is a JPEG, PNG or WebP with what is to be said of it. Data of another kind is left out.
type Picture struct {
	Data  []byte
	Label string
}

var (
	//go:embed page.tmpl
	pageTemplate string
	//go:embed page.css
	pageStyle string
)

// Write writes the page as one HTML file. Errors are those of w.
func (p Page) Write(w io.Writer) error {
	t := template.Must(template.New("page").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(pageStyle) },
		"chart":  Chart.svg,
		"legend": Chart.legend,
		"points": Chart.table,
		"cell":   splitCell,
		"data":   dataURI,
		"shown":  Matrix.shown,
		"share":  share,
	}).Parse(pageTemplate)) // a fault in it is one of the program: the tests would not pass
	b := bufio.NewWriter(w)
	if err := t.Execute(b, p); err != nil {
		return err
	}
	return b.Flush()
}

// cell is a table's cell: a value and its interval, "" if it has none.
type cell struct{ Value, Interval string }

// splitCell parts a value from its interval.
func splitCell(s string) cell {
	value, interval, ok := strings.Cut(s, " [")
	if !ok {
		return cell{Value: s}
	}
	return cell{value, "[" + interval}
}
