package report

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// written returns a page as HTML.
func written(t *testing.T, p Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// everything is a page with a bit of all there is.
func everything(t *testing.T) Page {
	t.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		t.Fatal(err)
	}
	return Page{
		Title: "All there is", Lead: "Two ways.", Facts: []Fact{{"pictures", "1,000"}, {"model", "clip-0"}},
		Sections: []Section{{
			Title: "Figures", Note: "Higher is better.",
			Tables: []Table{{"Shares", []string{"metric", "to image", "to text"}, [][]string{{"recall@1", "0.100 [0.080, 0.120]", "0.2"}, {"median rank", "4.0 [3.0, 5.0]", ""}}}},
			Charts: []Chart{
				{"Found by rank", "rank", "share", []Line{{"to image", []Point{{1, .1, .08, .12}, {10, .5, .4, .6}, {100, .9, .8, 1}}}, {"to text", []Point{{1, .2, .1, .3}, {10, .6, .5, .7}, {100, 1, 1, 1}}}}, true, true},
				{Caption: "Loss", X: "step", Y: "loss", Lines: []Line{{"train", []Point{{X: 0, Y: 4.1}, {X: 500, Y: 2.2}, {X: 1000, Y: 1.9}}}}},
			},
			Matrices:  []Matrix{{"Taken for", []string{"airport", "beach"}, [][]int{{9, 1}, {0, 10}}}},
			Galleries: []Gallery{{"Worst", "The last ones.", []Item{{"a dog", "rank 900", []Picture{{picture.Bytes(), "asked for"}, {nil, "found"}}}}}},
		}},
	}
}

func TestGoldenPage(t *testing.T) {
	got := strings.Replace(written(t, everything(t)), pageStyle, "(style)", 1)
	path := filepath.Join("testdata", "page.html")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the page is not testdata/page.html; look at it and run: go test ./internal/report -update\n%s", got)
	}
}

// outside finds what would make a browser ask for another file or run something.
var outside = regexp.MustCompile(`(?i)<script|<link|<iframe|<object|\son\w+=|javascript:|@import|url\(|(src|href)="[^d]|https?:`)

func TestNothingFromOutside(t *testing.T) {
	if found := outside.FindString(written(t, everything(t))); found != "" {
		t.Errorf("the page holds %q", found)
	}
}

// TestHostileTexts puts markup wherever a text can stand.
func TestHostileTexts(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&{{.}}</style></svg>`
	p := everything(t)
	p.Title, p.Lead, p.Facts = evil, evil, []Fact{{evil, evil}}
	s := &p.Sections[0]
	s.Title, s.Note = evil, evil
	s.Tables[0] = Table{evil, []string{evil, evil}, [][]string{{evil, evil + " [" + evil}}}
	for i := range s.Charts {
		s.Charts[i].Caption, s.Charts[i].X, s.Charts[i].Y = evil, evil, evil
		for j := range s.Charts[i].Lines {
			s.Charts[i].Lines[j].Name = evil
		}
	}
	s.Matrices[0] = Matrix{evil, []string{evil, evil}, [][]int{{1, 2}, {3, 4}}}
	s.Galleries[0] = Gallery{evil, evil, []Item{{evil, evil, []Picture{{[]byte("<svg onload=alert(1)>"), evil}, {[]byte("\xff\xd8\xff" + evil), evil}}}}}
	page := written(t, p)
	if strings.Contains(page, "<script") || strings.Contains(page, "<img src=x") || strings.Count(page, "</style>") != 1 {
		t.Error("a text got out of its place")
	}
	if strings.Count(page, "<svg") != strings.Count(page, "</svg>") {
		t.Error("a text closed a picture")
	}
	if n := strings.Count(page, "<img "); n != 1 {
		t.Errorf("%d pictures, want the JPEG alone", n)
	}
}

func TestCharts(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	line := func(points ...Point) []Line { return []Line{{"a", points}} }
	for name, test := range map[string]struct {
		chart Chart
		drawn int // points
	}{
		"nothing":             {Chart{}, 0},
		"no points":           {Chart{Lines: line()}, 0},
		"one point":           {Chart{Lines: line(Point{X: 3, Y: 5})}, 1},
		"one value":           {Chart{Lines: line(Point{X: 1, Y: 5}, Point{X: 2, Y: 5})}, 2},
		"zeros":               {Chart{Lines: line(Point{}, Point{X: 1})}, 2},
		"a hole":              {Chart{Lines: line(Point{X: 1, Y: 5}, Point{X: 2, Y: nan}, Point{X: 3, Y: inf}, Point{X: 4, Y: 6})}, 2},
		"nothing but holes":   {Chart{Lines: line(Point{X: 1, Y: nan})}, 0},
		"zero on a log axis":  {Chart{Lines: line(Point{X: 0, Y: 5}, Point{X: -1, Y: 5}, Point{X: 10, Y: 5}), LogX: true}, 1},
		"far apart":           {Chart{Lines: line(Point{X: 1e-300, Y: -9e299}, Point{X: 9e299, Y: 9e299}), LogX: true}, 2},
		"close together":      {Chart{Lines: line(Point{X: 1, Y: 1}, Point{X: 1 + 1e-15, Y: 1 + 1e-15})}, 2},
		"negative":            {Chart{Lines: line(Point{X: -5, Y: -3}, Point{X: 5, Y: -1})}, 2},
		"an interval of hope": {Chart{Lines: line(Point{X: 1, Y: 2, Lo: nan, Hi: inf}), Band: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			svg := string(test.chart.svg())
			if got := strings.Count(svg, "<circle"); got != test.drawn {
				t.Errorf("%d points, want %d: %s", got, test.drawn, svg)
			}
			if strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
				t.Errorf("not a number: %s", svg)
			}
		})
	}
}

func TestAxes(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		want      string
	}{
		{0, 1, "[0 0.2 0.4 0.6 0.8 1]"},
		{0, 0.37, "[0 0.1 0.2 0.3 0.4]"},
		{1.9, 4.1, "[1.5 2 2.5 3 3.5 4 4.5]"},
		{-1, 1, "[-1 -0.5 0 0.5 1]"},
		{5, 5, "[2 3 4 5 6 7 8]"},
		{0, 1000, "[0 200 400 600 800 1000]"},
	} {
		var got []string
		for _, tick := range newAxis(test.low, test.high).ticks {
			got = append(got, number(tick))
		}
		if fmt.Sprint(got) != test.want {
			t.Errorf("%g to %g: %v, want %s", test.low, test.high, got, test.want)
		}
	}
	if got := fmt.Sprint(newLogAxis(1, 1000).ticks); got != "[1 2 5 10 20 50 100 200 500 1000]" {
		t.Errorf("logarithmic: %s", got)
	}
}

func TestManyClasses(t *testing.T) {
	const n = 100
	m := Matrix{Caption: "many"}
	for i := range n {
		row := make([]int, n)
		row[i], row[(i+1)%n] = 10, i%50 // 98 and 48 have the most mistakes, 0 and 50 none
		m.Names, m.Counts = append(m.Names, fmt.Sprint("class ", i)), append(m.Counts, row)
	}
	shown := m.shown()
	if len(shown.Names) != mostClasses || shown.Left != n-mostClasses || len(shown.Counts) != mostClasses || len(shown.Counts[0]) != mostClasses {
		t.Fatalf("%d names, %d left", len(shown.Names), shown.Left)
	}
	if shown.Names[0] != "class 30" || shown.Counts[0][0] != 10 || shown.Counts[0][1] != 30 {
		t.Errorf("first %s: %v", shown.Names[0], shown.Counts[0][:3])
	}
}

func FuzzChart(f *testing.F) {
	f.Add(1.0, 2.0, 3.0, 4.0, true, true)
	f.Add(-1e308, 1e308, math.NaN(), 0.0, false, true)
	f.Fuzz(func(t *testing.T, x1, y1, x2, y2 float64, log, band bool) {
		c := Chart{LogX: log, Band: band, Lines: []Line{{"a", []Point{{x1, y1, y1, y2}, {x2, y2, y1, y2}}}}}
		if svg := string(c.svg()); len(svg) > 20_000 || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
			t.Errorf("%d bytes for two points: %.2000s", len(svg), svg)
		}
	})
}
