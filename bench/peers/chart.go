package main

import (
	"bytes"
	"fmt"
	"html"
	"math"
)

// The chart has one panel a set of queries, side by side: to the right better recall, upwards faster. Sizes in pixels.
const (
	panelWidth  = 420
	panelHeight = 300
	marginLeft  = 72
	marginTop   = 34
	marginRight = 20
	legendLine  = 18
	axisRoom    = 44
)

// Recall is drawn as the share that is missed, on a logarithmic scale, as 0.99 and 0.999 differ much.
const leastMissed, mostMissed = 0.0005, 0.2

var missedTicks = []float64{0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001}

// The colours are readable on white and, lighter, on black.
const chartStyle = `
text { font: 12px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.grid { stroke: #d0d7de; stroke-width: 1 }
path { fill: none; stroke-width: 2 }
.c0 { stroke: #0969da; fill: #0969da } .c1 { stroke: #6e7781; fill: #6e7781 } .c2 { stroke: #bc4c00; fill: #bc4c00 }
.c3 { stroke: #8250df; fill: #8250df } .c4 { stroke: #cf222e; fill: #cf222e } .c5 { stroke: #1a7f37; fill: #1a7f37 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .grid { stroke: #30363d }
.c0 { stroke: #58a6ff; fill: #58a6ff } .c1 { stroke: #8b949e; fill: #8b949e } .c2 { stroke: #f0883e; fill: #f0883e }
.c3 { stroke: #bc8cff; fill: #bc8cff } .c4 { stroke: #ff7b72; fill: #ff7b72 } .c5 { stroke: #56d364; fill: #56d364 }
}
path.line { fill: none }
`

// chart draws recall against time as SVG.
func (r *report) chart() []byte {
	var b bytes.Buffer
	width := len(r.Sets)*(panelWidth+marginLeft+marginRight) + marginRight
	height := marginTop + panelHeight + axisRoom + legendLine*len(r.Peers) + legendLine
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%[1]d" height="%d" role="img">`, width, height)
	fmt.Fprintf(&b, "\n<title>ANN recall@10 against time of a query</title>\n<style>%s</style>\n", chartStyle)
	low, high := r.decades()
	for i, set := range r.Sets {
		x := float64(i*(panelWidth+marginLeft+marginRight) + marginLeft)
		p := panel{&b, x, marginTop, low, high}
		p.frame(set.Name)
		for color, c := range r.Peers {
			p.curve(set, c.Name, color)
		}
	}
	for i, c := range r.Peers {
		y := marginTop + panelHeight + axisRoom + legendLine*(i+1)
		fmt.Fprintf(&b, `<circle class="c%d" cx="%d" cy="%d" r="4"/>`, i%6, marginLeft, y-4)
		fmt.Fprintf(&b, "<text x=\"%d\" y=\"%d\">%s</text>\n", marginLeft+12, y, html.EscapeString(c.What))
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

// decades returns the powers of ten around all medians, in microseconds.
func (r *report) decades() (low, high float64) {
	low, high = 3, 3
	for _, set := range r.Sets {
		for _, p := range set.Points {
			low, high = min(low, math.Floor(math.Log10(p.P50))), max(high, math.Ceil(math.Log10(p.P50)))
		}
	}
	return low, high
}

// panel is the chart of one set, at x and y.
type panel struct {
	out       *bytes.Buffer
	x, y      float64
	low, high float64 // decades of microseconds
}

// place returns where a point lies; the worst recalls all at the left edge.
func (p panel) place(recall, microseconds float64) (x, y float64) {
	missed := math.Log(min(mostMissed, max(leastMissed, 1-recall)))
	x = (math.Log(mostMissed) - missed) / (math.Log(mostMissed) - math.Log(leastMissed))
	y = (math.Log10(microseconds) - p.low) / (p.high - p.low)
	return p.x + x*panelWidth, p.y + panelHeight - (1-y)*panelHeight
}

// frame draws title, grid and axes.
func (p panel) frame(title string) {
	fmt.Fprintf(p.out, "<text class=\"title\" x=\"%.0f\" y=\"%.0f\">%s</text>\n", p.x, p.y-14, html.EscapeString(title))
	for _, missed := range missedTicks {
		x, _ := p.place(1-missed, math.Pow(10, p.low))
		fmt.Fprintf(p.out, `<path class="grid" d="M%.1f %.0fv%d"/>`, x, p.y, panelHeight)
		fmt.Fprintf(p.out, "<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">%g</text>\n", x, p.y+panelHeight+16, 1-missed)
	}
	for decade := p.low; decade <= p.high; decade++ {
		_, y := p.place(1, math.Pow(10, decade))
		fmt.Fprintf(p.out, `<path class="grid" d="M%.0f %.1fh%d"/>`, p.x, y, panelWidth)
		fmt.Fprintf(p.out, "<text x=\"%.0f\" y=\"%.1f\" text-anchor=\"end\">%g µs</text>\n", p.x-6, y+4, math.Pow(10, decade))
	}
	fmt.Fprintf(p.out, "<text x=\"%.0f\" y=\"%.0f\" text-anchor=\"middle\">ANN recall@10; the left edge is 0.8 or less, the right edge 1</text>\n",
		p.x+panelWidth/2, p.y+panelHeight+34)
}

// curve joins the points of one peer.
func (p panel) curve(set results, peer string, color int) {
	command, path := "M", ""
	for _, point := range set.Points {
		if point.Peer != peer {
			continue
		}
		x, y := p.place(point.Recall, point.P50)
		path += fmt.Sprintf("%s%.1f %.1f", command, x, y)
		command = "L"
		fmt.Fprintf(p.out, "<circle class=\"c%d\" cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"/>", color%6, x, y)
	}
	if path != "" {
		fmt.Fprintf(p.out, "<path class=\"line c%d\" d=\"%s\"/>\n", color%6, path)
	}
}
