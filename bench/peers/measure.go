package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// built is a peer's index and what it cost.
type built struct {
	peer
	index index
	err   error
	cpu   time.Duration
	bytes int64 // of anonymous memory that came with it
}

// setting is one way of asking one index.
type setting struct {
	*built
	ef    int
	times []time.Duration // of a query
	right float64         // sum of recalls
	asked int             // recalls in it
}

// turn is how many queries a setting answers before the next one has its turn: few, so that noise of the machine hits all
// alike, but enough for the processor's caches to hold what an index uses much.
const turn = 50

// compare builds all indexes and asks them all queries.
func compare(ctx context.Context, s *set, o options, progress io.Writer) (*report, error) {
	chosen, err := choose(o.only)
	if err != nil {
		return nil, err
	}
	all := make([]*built, len(chosen))
	for i, p := range chosen {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		all[i] = measureBuild(p, s.vectors)
		fmt.Fprintf(progress, "%s: built in %.1f CPU seconds, %s\n", p.name, all[i].cpu.Seconds(), outcome(all[i].err))
		if all[i].err == nil {
			defer all[i].index.close()
		}
	}
	r := newReport(s, all)
	for i := range s.asked {
		settings, err := ask(ctx, &s.asked[i], s.vectors, all, o.rounds)
		if err != nil {
			return nil, err
		}
		r.add(s.asked[i].name, settings)
	}
	return r, nil
}

func outcome(err error) string {
	if err != nil {
		return err.Error()
	}
	return "complete"
}

// measureBuild builds one index.
func measureBuild(p peer, m matrix) *built {
	debug.FreeOSMemory()
	memory, cpu := anonymous(), cpuTime()
	x, err := p.build(m)
	b := &built{peer: p, index: x, err: err, cpu: cpuTime() - cpu}
	debug.FreeOSMemory()
	b.bytes = anonymous() - memory
	return b
}

// ask lets all settings answer all queries, in turns.
func ask(ctx context.Context, q *questions, vectors matrix, all []*built, rounds int) ([]*setting, error) {
	var settings []*setting
	for _, b := range all {
		for _, ef := range b.efs {
			settings = append(settings, &setting{built: b, ef: ef})
		}
	}
	for round := range rounds {
		for first := 0; first < q.queries.rows(); first += turn {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			for _, s := range settings {
				s.answer(q, vectors, first, min(first+turn, q.queries.rows()), round == 0)
			}
		}
	}
	return settings, nil
}

// answer measures the queries from first to last.
func (s *setting) answer(q *questions, vectors matrix, first, last int, judge bool) {
	answers := make([][]uint32, 0, last-first)
	for i := first; i < last && s.err == nil; i++ {
		start := time.Now()
		rows, err := s.index.search(q.queries.row(i), found, s.ef)
		s.times = append(s.times, time.Since(start))
		answers = append(answers, rows)
		s.err = err
	}
	if s.err != nil || !judge {
		return
	}
	for i, rows := range answers { // after the clock has stopped, as it reads vectors
		s.right += q.recall(vectors, first+i, rows)
		s.asked++
	}
}

// cpuTime returns what all threads of the process have used.
func cpuTime() time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		return 0
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}

// anonymous returns the bytes of memory in use that belong to no file; 0 where the system does not say.
func anonymous() int64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "RssAnon:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10
}
