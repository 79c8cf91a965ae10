package ui

import (
	"encoding/json"
	"io"
	"sync"
	"time"

	"github.com/chromedp/cdproto/cdp"
	cdpio "github.com/chromedp/cdproto/io"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
)

// taskTimes are how long the longest task of a page's main thread took.
type taskTimes struct {
	busy time.Duration // the thread's own time on a core, which other processes do not lengthen
	wall time.Duration // of that task, with the time that the thread waited for a core
}

// longestTask does something and returns the longest task of the main thread of this tab meanwhile, by the thread's own time.
func (b *tab) longestTask(does func()) taskTimes {
	b.t.Helper()
	stream := make(chan cdpio.StreamHandle, 1)
	var once sync.Once
	err := chromedp.Listen(b.ctx, func(event any) {
		if e, ok := event.(*tracing.EventTracingComplete); ok {
			once.Do(func() { stream <- e.Stream })
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	const mark = "the main thread is here"
	if _, err := chromedp.Call(b.ctx, tracing.Start, tracing.StartParams{
		TransferMode: tracing.StartTransferModeReturnAsStream,
		TraceConfig:  &tracing.TraceConfig{IncludedCategories: []string{"toplevel", "blink.user_timing"}, ExcludedCategories: []string{"*"}},
	}); err != nil {
		b.t.Fatal(err)
	}
	value[bool](b, `performance.mark(`+quoted(mark)+`), true`)
	does()
	if _, err := chromedp.Call(b.ctx, tracing.End, cdp.Empty{}); err != nil {
		b.t.Fatal(err)
	}
	select {
	case handle := <-stream:
		return longestOf(b, handle, mark)
	case <-b.ctx.Done():
		b.t.Fatal("the trace never ends")
	}
	return taskTimes{}
}

// traceEvent is one of Chromium's trace events; times are in µs.
type traceEvent struct {
	Name     string
	Phase    string `json:"ph"`
	Process  int    `json:"pid"`
	Thread   int    `json:"tid"`
	Duration int64  `json:"dur"`
	Busy     int64  `json:"tdur"`
}

// longestOf reads a trace and returns the longest task of the thread that has set a mark.
func longestOf(b *tab, handle cdpio.StreamHandle, mark string) taskTimes {
	b.t.Helper()
	read, write := io.Pipe()
	go func() {
		for {
			part, err := chromedp.Call(b.ctx, cdpio.Read, cdpio.ReadParams{Handle: handle})
			if err == nil {
				_, err = write.Write(part.Data)
			}
			if err != nil || part.EOF {
				write.CloseWithError(err)
				return
			}
		}
	}()
	var trace struct{ TraceEvents []traceEvent }
	if err := json.NewDecoder(read).Decode(&trace); err != nil {
		b.t.Fatal(err)
	}
	type thread struct{ process, number int }
	longest := map[thread]traceEvent{}
	var main thread
	for _, e := range trace.TraceEvents {
		at := thread{e.Process, e.Thread}
		switch {
		case e.Name == mark:
			main = at
		case e.Phase == "X" && e.Busy > longest[at].Busy:
			longest[at] = e
		}
	}
	if longest[main].Busy == 0 {
		b.t.Fatalf("the trace of %d events has no task of the page's main thread with its own time", len(trace.TraceEvents))
	}
	found := longest[main]
	return taskTimes{busy: time.Duration(found.Busy) * time.Microsecond, wall: time.Duration(found.Duration) * time.Microsecond}
}
