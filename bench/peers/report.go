package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
	"time"
)

// report is all figures of a run.
type report struct {
	Vectors int       `json:"vectors"`
	Dims    int       `json:"dims"`
	Date    time.Time `json:"date"`
	Peers   []cost    `json:"peers"`
	Sets    []results `json:"sets"`
}

// cost is what a peer's index took.
type cost struct {
	Name  string  `json:"name"`
	What  string  `json:"what"`
	CPU   float64 `json:"build_cpu_seconds"`
	Bytes int64   `json:"bytes"` // without the vectors, where it shares those that it was given
	Error string  `json:"error,omitempty"`
	// Verdict says of coder whether a served release works by now; empty for others.
	Verdict string `json:"verdict,omitempty"`
}

// results are the answers to one set of queries.
type results struct {
	Name   string  `json:"name"`
	Points []point `json:"points"`
}

// point is one setting's.
type point struct {
	Peer   string  `json:"peer"`
	Ef     int     `json:"ef,omitempty"`
	Recall float64 `json:"recall_at_10"`
	P50    float64 `json:"p50_us"`
	P95    float64 `json:"p95_us"`
}

func newReport(s *set, all []*built) *report {
	r := &report{Vectors: s.vectors.rows(), Dims: s.vectors.dims, Date: time.Now().UTC().Truncate(time.Second)}
	for _, b := range all {
		c := cost{Name: b.name, What: b.what, CPU: b.cpu.Seconds(), Bytes: b.bytes}
		if b.err != nil {
			c.Error = b.err.Error()
		}
		r.Peers = append(r.Peers, c)
	}
	return r
}

// enough is the ANN recall@10 from which on coder's graph would be worth another look.
const enough = 0.95

// add adds the answers to one set of queries.
func (r *report) add(name string, settings []*setting) {
	set := results{Name: name}
	for _, s := range settings {
		c := &r.Peers[slices.IndexFunc(r.Peers, func(c cost) bool { return c.Name == s.name })]
		if s.err != nil {
			c.Error = s.err.Error()
		}
		if s.asked == 0 {
			continue
		}
		slices.Sort(s.times)
		set.Points = append(set.Points, point{
			Peer: s.name, Ef: s.ef, Recall: s.right / float64(s.asked),
			P50: microseconds(s.times[len(s.times)/2]), P95: microseconds(s.times[len(s.times)*95/100]),
		})
	}
	r.Sets = append(r.Sets, set)
	r.judge()
}

// judge sets the verdict on coder: every set must have a setting that finds enough.
func (r *report) judge() {
	i := slices.IndexFunc(r.Peers, func(c cost) bool { return c.Name == "coder" })
	if i < 0 {
		return
	}
	worst := 1.0
	for _, set := range r.Sets {
		best := 0.0
		for _, p := range set.Points {
			if p.Peer == "coder" {
				best = max(best, p.Recall)
			}
		}
		worst = min(worst, best)
	}
	word := "FAIL"
	if worst >= enough && r.Peers[i].Error == "" {
		word = "PASS"
	}
	r.Peers[i].Verdict = fmt.Sprintf("%s: best ANN recall@10 %.3f on its worst set; %.2f is asked", word, worst, enough)
}

func microseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }

func (r *report) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%d vectors of %d values, one thread, %s\n\n", r.Vectors, r.Dims, r.Date.Format(time.DateOnly))
	fmt.Fprintln(w, "peer\tbuild CPU s\tMB\twhat")
	for _, c := range r.Peers {
		fmt.Fprintf(w, "%s\t%.1f\t%d\t%s\n", c.Name, c.CPU, c.Bytes>>20, c.What)
	}
	for _, set := range r.Sets {
		fmt.Fprintf(w, "\n%s\tef\trecall@10\tp50 µs\tp95 µs\n", set.Name)
		for _, p := range set.Points {
			fmt.Fprintf(w, "%s\t%d\t%.4f\t%.0f\t%.0f\n", p.Peer, p.Ef, p.Recall, p.P50, p.P95)
		}
	}
	for _, c := range r.Peers {
		if c.Verdict != "" {
			fmt.Fprintf(w, "\n%s %s\n", c.Name, c.Verdict)
		}
		if c.Error != "" {
			fmt.Fprintf(w, "\n%s: %s\n", c.Name, c.Error)
		}
	}
	w.Flush()
}

// write writes the files that the command line asks for.
func (r *report) write(o options) error {
	if o.json != "" {
		data, err := json.MarshalIndent(r, "", "\t")
		if err != nil {
			return err
		}
		if err := os.WriteFile(o.json, append(data, '\n'), 0o644); err != nil {
			return err
		}
	}
	if o.svg != "" {
		return os.WriteFile(o.svg, r.chart(), 0o644)
	}
	return nil
}
