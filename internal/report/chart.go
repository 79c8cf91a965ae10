package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// Chart is a plane with lines in it.
type Chart struct {
	Caption string
	X, Y    string // what the axes show, with units
	Lines   []Line
	LogX    bool // X is drawn by its logarithm: values of 0 and less are left out
	Band    bool // Points have Lo and Hi, which are drawn as a band
}

// Line is one curve, its points in order.
type Line struct {
	Name   string
	Points []Point
}

// Point is a point of a curve. What is not finite is left out.
type Point struct{ X, Y, Lo, Hi float64 }

// The size of a chart in its own units, and the room around the plane for ticks and names.
const (
	chartWidth, chartHeight = 720.0, 320.0
	roomLeft, roomRight     = 62.0, 16.0
	roomTop, roomBottom     = 12.0, 46.0
)

// mostDots is up to how many points of a line are marked.
const mostDots = 40

// styles is how many lines can be told apart by colour and dashes; see page.css.
const styles = 6

// svg draws the chart. It holds no text that is not escaped.
func (c Chart) svg() template.HTML {
	p, ok := c.plane()
	if !ok {
		return `<p class="none">There are no figures to draw.</p>`
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, chartWidth, chartHeight, html.EscapeString(c.Caption))
	p.axes(&b, c)
	for i, line := range c.Lines {
		points := p.visible(line.Points)
		if len(points) == 0 {
			continue
		}
		if c.Band {
			p.band(&b, points, i%styles)
		}
		p.line(&b, line.Name, points, i%styles)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// plane maps values to places in the chart.
type plane struct {
	x, y       axis
	log        bool
	xLow, xTop float64 // of what is drawn: the logarithm's where log
}

// plane returns the plane that holds all points, false if there are none.
func (c Chart) plane() (plane, bool) {
	p := plane{log: c.LogX}
	xLow, xHigh, yLow, yHigh := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, line := range c.Lines {
		for _, at := range p.visible(line.Points) {
			xLow, xHigh = min(xLow, at.X), max(xHigh, at.X)
			yLow, yHigh = min(yLow, at.Y), max(yHigh, at.Y)
			if c.Band {
				yLow, yHigh = min(yLow, at.Lo), max(yHigh, at.Hi)
			}
		}
	}
	if xLow > xHigh {
		return p, false
	}
	if yLow >= 0 && yLow < yHigh/2 { // shares and losses are read from zero
		yLow = 0
	}
	p.y = newAxis(yLow, yHigh)
	if c.LogX {
		p.x = newLogAxis(xLow, xHigh)
		p.xLow, p.xTop = math.Log(xLow), math.Log(max(xHigh, xLow*1.0001))
	} else {
		p.x = newAxis(xLow, xHigh)
		p.xLow, p.xTop = xLow, xHigh
		if xLow == xHigh {
			p.xLow, p.xTop = p.x.low, p.x.high
		}
	}
	return p, true
}

// visible returns the points that can be drawn.
func (p plane) visible(points []Point) []Point {
	var all []Point
	for _, at := range points {
		drawable := finite(at.X) && finite(at.Y) && finite(at.Lo) && finite(at.Hi)
		if drawable && (!p.log || at.X > 0) {
			all = append(all, at)
		}
	}
	return all
}

// finite reports whether v is a number, and so far from the largest that sums and differences are numbers too.
func finite(v float64) bool { return math.Abs(v) < 1e300 }

// left returns where on the page an x is.
func (p plane) left(x float64) float64 {
	if p.log {
		x = math.Log(x)
	}
	return roomLeft + (x-p.xLow)/(p.xTop-p.xLow)*(chartWidth-roomLeft-roomRight)
}

// top returns where on the page a y is.
func (p plane) top(y float64) float64 {
	return chartHeight - roomBottom - (y-p.y.low)/(p.y.high-p.y.low)*(chartHeight-roomTop-roomBottom)
}

// axes draws grid, ticks and names.
func (p plane) axes(b *strings.Builder, c Chart) {
	for _, y := range p.y.ticks {
		fmt.Fprintf(b, `<path class="grid" d="M%.1f %.1fH%.1f"/><text class="tick y" x="%.1f" y="%.1f">%s</text>`,
			roomLeft, p.top(y), chartWidth-roomRight, roomLeft-8, p.top(y)+4, number(y))
	}
	for _, x := range p.x.ticks {
		if at := p.left(x); at >= roomLeft-1 && at <= chartWidth-roomRight+1 {
			fmt.Fprintf(b, `<path class="mark" d="M%.1f %.1fv5"/><text class="tick x" x="%.1f" y="%.1f">%s</text>`,
				at, chartHeight-roomBottom, at, chartHeight-roomBottom+19, number(x))
		}
	}
	fmt.Fprintf(b, `<path class="axis" d="M%.1f %.1fH%.1f"/>`, roomLeft, chartHeight-roomBottom, chartWidth-roomRight)
	fmt.Fprintf(b, `<text class="name x" x="%.1f" y="%.1f">%s</text>`, (roomLeft+chartWidth-roomRight)/2, chartHeight-7, html.EscapeString(c.X))
	middle := (roomTop + chartHeight - roomBottom) / 2
	fmt.Fprintf(b, `<text class="name y" transform="rotate(-90 14 %.1f)" x="14" y="%.1f">%s</text>`, middle, middle, html.EscapeString(c.Y))
}

// band draws the interval of a line.
func (p plane) band(b *strings.Builder, points []Point, style int) {
	fmt.Fprintf(b, `<path class="band s%d" d="`, style)
	for i, at := range points {
		fmt.Fprintf(b, "%c%.1f %.1f", "ML"[min(i, 1)], p.left(at.X), p.top(at.Hi))
	}
	for i := range points {
		at := points[len(points)-1-i]
		fmt.Fprintf(b, "L%.1f %.1f", p.left(at.X), p.top(at.Lo))
	}
	b.WriteString(`Z"/>`)
}

// line draws a curve; its points say their values to who points at them.
func (p plane) line(b *strings.Builder, name string, points []Point, style int) {
	fmt.Fprintf(b, `<path class="line s%d" d="`, style)
	for i, at := range points {
		fmt.Fprintf(b, "%c%.1f %.1f", "ML"[min(i, 1)], p.left(at.X), p.top(at.Y))
	}
	b.WriteString(`"/>`)
	if len(points) > mostDots {
		return
	}
	for _, at := range points {
		fmt.Fprintf(b, `<circle class="dot s%d" cx="%.1f" cy="%.1f" r="3.2"><title>%s: %s at %s</title></circle>`,
			style, p.left(at.X), p.top(at.Y), html.EscapeString(name), number(at.Y), number(at.X))
	}
}

// legendEntry names a line and how it is drawn.
type legendEntry struct {
	Name  string
	Style int
}

// legend lists the lines of a chart that has several.
func (c Chart) legend() []legendEntry {
	if len(c.Lines) < 2 {
		return nil
	}
	var all []legendEntry
	for i, line := range c.Lines {
		all = append(all, legendEntry{line.Name, i % styles})
	}
	return all
}

// mostRows is up to how many points a chart is given as a table too.
const mostRows = 60

// table returns the figures of a chart whose lines have the same x, for who cannot see it; an empty one for others.
func (c Chart) table() Table {
	if len(c.Lines) == 0 || len(c.Lines[0].Points) > mostRows {
		return Table{}
	}
	t := Table{Head: []string{c.X}}
	for _, line := range c.Lines {
		if len(line.Points) != len(c.Lines[0].Points) {
			return Table{}
		}
		t.Head = append(t.Head, line.Name)
	}
	for i, at := range c.Lines[0].Points {
		row := []string{number(at.X)}
		for _, line := range c.Lines {
			if line.Points[i].X != at.X {
				return Table{}
			}
			cell := number(line.Points[i].Y)
			if c.Band {
				cell += " [" + number(line.Points[i].Lo) + ", " + number(line.Points[i].Hi) + "]"
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// number writes a value with up to four digits.
func number(v float64) string {
	switch a := math.Abs(v); {
	case v == 0:
		return "0"
	case a >= 1000 && a < 1e6 && v == math.Trunc(v):
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}
