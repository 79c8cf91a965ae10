package cli

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"clipsearch/eval"
)

// wayName is what people read of a result.
func wayName(task eval.Task, way string) string {
	switch way {
	case "":
		return string(task)
	case eval.TextToImage:
		return string(task) + " text→image"
	case eval.ImageToText:
		return string(task) + " image→text"
	}
	return string(task) + " " + way
}

// printEvaluation writes a report for people: a block a task, a column a way.
func printEvaluation(out io.Writer, r *eval.Report) error {
	w := tabwriter.NewWriter(out, 0, 4, 3, ' ', 0)
	fmt.Fprintf(w, "%s pictures, %s captions, %s labelled\n", count(len(r.Set.Pictures)), count(r.Set.Captions()), count(r.Set.Labelled()))
	if r.Model.ID != "" {
		fmt.Fprintf(w, "model %s (%s), %s on %s\n", printable(r.Model.ID), printable(r.Model.Dir), r.Model.Precision, r.Model.Device)
	}
	for _, task := range eval.Tasks() {
		printTask(w, r, task)
	}
	if r.Confusion != nil {
		printConfusion(w, r.Confusion)
	}
	for _, c := range r.Changes {
		printChange(w, c)
	}
	return w.Flush()
}

func count(n int) string { return humanize.Comma(int64(n)) }

// printTask writes the results of one task side by side.
func printTask(w io.Writer, r *eval.Report, task eval.Task) {
	var ways []eval.Result
	for _, result := range r.Results {
		if result.Task == task && result.Way != eval.ANN {
			ways = append(ways, result)
		}
	}
	if len(ways) == 0 {
		return
	}
	fmt.Fprintln(w)
	for _, way := range ways {
		fmt.Fprintf(w, "\t%s", wayName(task, way.Way))
	}
	fmt.Fprint(w, "\nqueries")
	for _, way := range ways {
		fmt.Fprintf(w, "\t%s", count(len(way.Sample.Rank)))
	}
	fmt.Fprintln(w)
	for _, metric := range ways[0].Metrics() {
		fmt.Fprint(w, metric)
		for _, way := range ways {
			fmt.Fprintf(w, "\t%s", figure(metric, way.Figures[metric]))
		}
		fmt.Fprintln(w)
	}
	if ann := r.Result(task, eval.ANN); ann != nil {
		metric := ann.Metrics()[0]
		fmt.Fprintf(w, "%s\t\t%s\n", metric, figure(metric, ann.Figures[metric]))
	}
}

// figure writes an estimate and its interval.
func figure(m eval.Metric, f eval.Interval) string {
	if m == eval.MedianRank {
		return fmt.Sprintf("%.1f [%.1f, %.1f]", f.Value, f.Lo, f.Hi)
	}
	return fmt.Sprintf("%.3f [%.3f, %.3f]", f.Value, f.Lo, f.Hi)
}

// shownMistakes is how many of the commonest mistakes of zero-shot are listed; --json has all.
const shownMistakes = 10

// printConfusion lists what is most often taken for what.
func printConfusion(w io.Writer, c *eval.Confusion) {
	mistakes := c.Mistakes()
	if len(mistakes) == 0 {
		return
	}
	fmt.Fprintln(w, "\nmost often mistaken")
	for _, m := range mistakes[:min(shownMistakes, len(mistakes))] {
		fmt.Fprintf(w, "%s\tfor %s\t%d of %d\n", printable(m.Class), printable(m.For), m.Count, m.Of)
	}
}

// printChange writes the differences of one result from the baseline.
func printChange(w io.Writer, c eval.Change) {
	fmt.Fprintf(w, "\n%s\tagainst the baseline\tp\n", wayName(c.Task, c.Way))
	for _, m := range (eval.Result{Task: c.Task, Way: c.Way}).Metrics() {
		d := c.Metrics[m]
		fmt.Fprintf(w, "%s\t%+.4f [%+.4f, %+.4f]\t%.4f\n", m, d.Value, d.Lo, d.Hi, d.P)
	}
}
