package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"clipsearch/tune"
)

// tunePrinter shows how a run goes: one redrawn line on a terminal, a line every 10 s elsewhere, and one for each validation;
// nothing if quiet.
type tunePrinter struct {
	w        io.Writer
	quiet    bool
	terminal bool
	width    int
	last     time.Time // when the line was drawn
	drawn    bool
	loss     float64 // running mean
}

// newTunePrinter returns a printer on stderr.
func newTunePrinter(p Process, quiet bool) *tunePrinter {
	t := &tunePrinter{w: p.Stderr, quiet: quiet}
	t.terminal, t.width = terminalWidth(p.Stderr)
	return t
}

// begin says what is about to happen.
func (p *tunePrinter) begin(t *tuning) {
	if p.quiet {
		return
	}
	plan := t.opts.recipe.Plan
	for _, set := range t.sets {
		fmt.Fprintf(p.w, "clipsearch: learning from %s: %d pictures\n", printable(set.Name), len(set.Examples))
	}
	fmt.Fprintf(p.w, "clipsearch: %d steps of %d, validation every %d, on %s in %s\n", plan.Steps, plan.Batch, plan.Epoch, t.device, t.precision)
}

// show takes an event.
func (p *tunePrinter) show(e tune.Event) {
	for _, l := range e.Learned {
		if p.loss == 0 {
			p.loss = l.Loss
		}
		p.loss += 0.05 * (l.Loss - p.loss)
	}
	switch {
	case p.quiet:
	case e.Note != "":
		p.print("clipsearch: " + e.Note)
	case e.Measured != nil:
		p.print("clipsearch: " + measurementLine(e))
	default:
		p.draw(progressOf(e, p.loss))
	}
}

// progressOf writes an event for people.
func progressOf(e tune.Event, loss float64) string {
	line := fmt.Sprintf("clipsearch: step %d of %d, loss %.3f, rate %.2g", e.Step, e.Steps, loss, e.Rate)
	if e.Speed > 0 {
		line += fmt.Sprintf(", %.0f pictures/s, %s left", e.Speed, e.Left.Round(time.Second))
	}
	return line
}

// measurementLine writes a validation for people.
func measurementLine(e tune.Event) string {
	m := e.Measured
	line := fmt.Sprintf("step %d: score %.4f", m.Step, m.Score)
	names := make([]string, 0, len(m.Figures))
	for name := range m.Figures {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		line += fmt.Sprintf(", %s %.3f", name, m.Figures[name])
	}
	if m.Loss > 0 {
		line += fmt.Sprintf(", loss %.3f", m.Loss)
	}
	if e.Speed > 0 {
		line += fmt.Sprintf(" (%.0f pictures/s)", e.Speed)
	}
	if m.Best {
		line += " *"
	}
	return line
}

// draw shows the changing line.
func (p *tunePrinter) draw(line string) {
	every := lineEvery
	if p.terminal {
		every = redrawEvery
	}
	if time.Since(p.last) < every {
		return
	}
	p.last = time.Now()
	if !p.terminal {
		fmt.Fprintln(p.w, line)
		return
	}
	redraw(p.w, line, p.width)
	p.drawn = true
}

// print shows a line that stays.
func (p *tunePrinter) print(line string) {
	p.end()
	fmt.Fprintln(p.w, line)
}

// end takes the changing line away.
func (p *tunePrinter) end() {
	if p.drawn {
		fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.width-1))
		p.drawn = false
	}
}

// say shows a line for people.
func (p *tunePrinter) say(line string) {
	if !p.quiet {
		p.print("clipsearch: " + line)
	}
}
