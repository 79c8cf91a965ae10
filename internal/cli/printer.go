package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/term"

	"clipsearch/internal/progress"
)

const (
	redrawEvery = 200 * time.Millisecond // of the line on a terminal
	lineEvery   = 10 * time.Second       // between lines elsewhere, by the CLI contract
)

// printer shows a meter: one redrawn line on a terminal, a line every 10 s elsewhere, nothing if quiet.
type printer struct {
	w        io.Writer
	meter    *progress.Meter
	terminal bool
	width    int // columns of the terminal
	stop     chan struct{}
	done     chan struct{}
}

// startPrinter begins to show the meter on w; the caller ends it with finish. A quiet printer shows nothing.
func startPrinter(w io.Writer, meter *progress.Meter, quiet bool) *printer {
	p := &printer{w: w, meter: meter, width: 80, stop: make(chan struct{}), done: make(chan struct{})}
	p.terminal, p.width = terminalWidth(w)
	if quiet {
		close(p.done)
		return p
	}
	go p.loop()
	return p
}

// terminalWidth reports whether w is a terminal, and its columns (80 where it is none).
func terminalWidth(w io.Writer) (bool, int) {
	if r, ok := w.(remote); ok {
		return r.columns > 0, max(r.columns, 1)
	}
	file, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return false, 80
	}
	if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
		return true, width
	}
	return true, 80
}

// finish takes the line away and waits until nothing more is printed. It may be called once.
func (p *printer) finish() {
	close(p.stop)
	<-p.done
}

func (p *printer) loop() {
	defer close(p.done)
	every := lineEvery
	if p.terminal {
		every = redrawEvery
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	drawn := false
	for {
		select {
		case <-p.stop:
			if drawn {
				fmt.Fprintf(p.w, "\r%s\r", strings.Repeat(" ", p.width-1))
			}
			return
		case <-ticker.C:
			line := "clipsearch: " + progressLine(p.meter.Snapshot())
			if !p.terminal {
				fmt.Fprintln(p.w, line)
				continue
			}
			redraw(p.w, line, p.width)
			drawn = true
		}
	}
}

// redraw puts a line in place of the one that stands on a terminal of that many columns, cut if it is longer.
func redraw(w io.Writer, line string, width int) {
	if len(line) > width-1 {
		line = line[:width-1]
	}
	fmt.Fprintf(w, "\r%-*s", width-1, line)
}

// progressLine writes a snapshot for people.
func progressLine(s progress.Snapshot) string {
	if s.Total == 0 {
		return s.Phase
	}
	if s.Bytes {
		return bytesLine(s)
	}
	line := fmt.Sprintf("%s %d of %d", s.Phase, s.Done, s.Total)
	if s.Rate > 0 {
		line += fmt.Sprintf(", %.1f/s", s.Rate)
	}
	if s.Left > 0 {
		line += ", " + s.Left.Round(time.Second).String() + " left"
	}
	if s.Times.Decode > 0 || s.Times.Encode > 0 {
		line += fmt.Sprintf(" (decode %s, encode %s)", seconds(s.Times.Decode), seconds(s.Times.Encode))
	}
	if s.Failed > 0 {
		line += fmt.Sprintf(", %d unreadable", s.Failed)
	}
	return line
}

// bytesLine writes the snapshot of a download, with a bar.
func bytesLine(s progress.Snapshot) string {
	const cells = 20
	done := min(max(s.Done, 0), s.Total)
	filled := int(cells * done / s.Total)
	line := fmt.Sprintf("%s [%s%s] %d %%, %s of %s", s.Phase, strings.Repeat("#", filled), strings.Repeat("-", cells-filled),
		100*done/s.Total, humanize.Bytes(uint64(done)), humanize.Bytes(uint64(s.Total)))
	if s.Rate > 0 {
		line += ", " + humanize.Bytes(uint64(s.Rate)) + "/s"
	}
	if s.Left > 0 {
		line += ", " + s.Left.Round(time.Second).String() + " left"
	}
	return line
}

// seconds writes a duration to a tenth of a second.
func seconds(d time.Duration) string { return fmt.Sprintf("%.1f s", d.Seconds()) }
