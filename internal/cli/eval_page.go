package cli

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"clipsearch/eval"
	"clipsearch/internal/report"
)

// evalPage returns the report of an evaluation as a page, without examples.
func evalPage(r *eval.Report, dataset string, made time.Time) report.Page {
	p := report.Page{Title: evalTitle(dataset), Lead: evalLead(r), Facts: evalFacts(r, dataset, made)}
	for _, task := range eval.Tasks() {
		if s, ok := taskSection(r, task); ok {
			p.Sections = append(p.Sections, s)
		}
	}
	if len(r.Changes) > 0 {
		p.Sections = append(p.Sections, changesSection(r))
	}
	return p
}

// evalTitle names an evaluation by what was measured on.
func evalTitle(dataset string) string { return "Evaluation on " + filepath.Base(dataset) }

// evalLead says the main figures in a sentence.
func evalLead(r *eval.Report) string {
	var parts []string
	for _, h := range evalHeadline(r) {
		parts = append(parts, fmt.Sprintf("%s %s", h.Name, strconv.FormatFloat(h.Value, 'f', 3, 64)))
	}
	return capital(strings.Join(parts, "; ") + ".")
}

// capital returns s, which begins with a letter of ASCII if it is not empty, as a sentence or a heading begins.
func capital(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// evalFacts lists what holds for all figures.
func evalFacts(r *eval.Report, dataset string, made time.Time) []report.Fact {
	facts := []report.Fact{
		{Name: "pictures", Value: fmt.Sprintf("%s: %s with %s captions, %s labelled", dataset, count(len(r.Set.Pictures)), count(r.Set.Captions()), count(r.Set.Labelled()))},
		{Name: "made", Value: made.Format("2 January 2006, 15:04 MST") + ", clipsearch " + version},
	}
	if r.Model.ID != "" {
		facts = append(facts,
			report.Fact{Name: "model", Value: r.Model.Dir},
			report.Fact{Name: "model ID", Value: r.Model.ID},
			report.Fact{Name: "encoded", Value: fmt.Sprintf("%d dimensions, %s on %s", r.Model.Dims, r.Model.Precision, r.Model.Device)})
	}
	if r.Result(eval.ZeroShot, "") != nil {
		facts = append(facts, report.Fact{Name: "prompts", Value: strings.Join(r.Prompts, " · ")})
	}
	return append(facts, report.Fact{Name: "intervals", Value: fmt.Sprintf("95 %% of 2,000 bootstrap resamples of the pictures, seed %d", r.Seed)})
}

// taskNotes say how a task's figures are to be read.
var taskNotes = map[eval.Task]string{
	eval.Retrieval: "Captions find pictures, and pictures captions, among all of the set. Ties count against the model.",
	eval.InBatch:   "The same among 64 pictures at a time, in the order of the file: the ImageCLEF protocol. Not to be compared with figures on the whole set.",
	eval.ZeroShot:  "Pictures find their label among all labels of the set: the RSICD protocol.",
	eval.Search:    "Captions find pictures through the search engine while all other captions are indexed: by words, by vector, and by both. It looks 20 hits deep.",
}

// taskSection returns what is to be said of a task, false if it was not measured.
func taskSection(r *eval.Report, task eval.Task) (report.Section, bool) {
	ways := waysOf(r, task)
	if len(ways) == 0 {
		return report.Section{}, false
	}
	s := report.Section{Title: capital(string(task)), Note: taskNotes[task]}
	head, queries := []string{"metric"}, []string{"queries"}
	for _, way := range ways {
		head, queries = append(head, wayName(task, way.Way)), append(queries, count(len(way.Sample.Rank)))
	}
	table := report.Table{Head: head, Rows: [][]string{queries}}
	for _, metric := range ways[0].Metrics() {
		row := []string{string(metric)}
		for _, way := range ways {
			row = append(row, figure(metric, way.Figures[metric]))
		}
		table.Rows = append(table.Rows, row)
	}
	s.Tables = []report.Table{table}
	if ann := r.Result(task, eval.ANN); ann != nil {
		m := ann.Metrics()[0]
		s.Note += fmt.Sprintf(" The vector index returns %s of the ten truly nearest pictures (ANN recall@10).", figure(m, ann.Figures[m]))
	}
	s.Charts = []report.Chart{rankChart(r, task, ways)}
	if task == eval.ZeroShot && r.Confusion != nil {
		s.Matrices = []report.Matrix{{Caption: "What is taken for what", Names: r.Confusion.Classes, Counts: r.Confusion.Counts}}
	}
	return s, true
}

// waysOf returns the results of a task that are made of ranks.
func waysOf(r *eval.Report, task eval.Task) []eval.Result {
	var ways []eval.Result
	for _, result := range r.Results {
		if result.Task == task && result.Way != eval.ANN {
			ways = append(ways, result)
		}
	}
	return ways
}

// rankChart shows which share of the queries has found what is right by which rank.
func rankChart(r *eval.Report, task eval.Task, ways []eval.Result) report.Chart {
	c := report.Chart{Caption: "Share of queries that have found what is right, by rank", X: "rank", Y: "share of queries", LogX: true}
	for _, way := range ways {
		line := report.Line{Name: wayName(task, way.Way)}
		for _, k := range chartRanks(deepest(way)) {
			line.Points = append(line.Points, report.Point{X: float64(k), Y: way.Sample.Within(k)})
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// deepest returns how deep a result was looked for: as far as its ranks go.
func deepest(result eval.Result) int {
	most := 10
	for _, rank := range result.Sample.Rank {
		most = max(most, rank)
	}
	return most
}

// chartRanks returns 1, 2, 3, 5, 7, 10, 20 … up to the first that is at least most.
func chartRanks(most int) []int {
	ranks := []int{1}
	for power := 1; ; power *= 10 {
		for _, m := range []int{2, 3, 5, 7, 10} {
			ranks = append(ranks, m*power)
			if m*power >= most {
				return ranks
			}
		}
	}
}

// changesSection compares with a baseline.
func changesSection(r *eval.Report) report.Section {
	s := report.Section{Title: "Against the baseline", Note: "Differences of paired resamples: both reports see the same pictures drawn. p is two-sided."}
	for _, c := range r.Changes {
		t := report.Table{Caption: wayName(c.Task, c.Way), Head: []string{"metric", "difference", "p"}}
		for _, m := range (eval.Result{Task: c.Task, Way: c.Way}).Metrics() {
			d := c.Metrics[m]
			t.Rows = append(t.Rows, []string{string(m), fmt.Sprintf("%+.4f [%+.4f, %+.4f]", d.Value, d.Lo, d.Hi), fmt.Sprintf("%.4f", d.P)})
		}
		s.Tables = append(s.Tables, t)
	}
	return s
}

// evalHeadline returns the figures that a report is known by, the first ones first.
func evalHeadline(r *eval.Report) []report.Headline {
	var all []report.Headline
	for _, of := range []struct {
		task   eval.Task
		way    string
		metric eval.Metric
	}{
		{eval.Retrieval, eval.TextToImage, "recall@10"}, {eval.Retrieval, eval.ImageToText, "recall@10"}, {eval.ZeroShot, "", "hits@1"},
		{eval.Search, "hybrid", "recall@10"}, {eval.Search, "text", "recall@10"}, {eval.InBatch, eval.ImageToText, "mrr@10"},
	} {
		if result := r.Result(of.task, of.way); result != nil {
			f := result.Figures[of.metric]
			all = append(all, report.Headline{Name: wayName(of.task, of.way) + " " + string(of.metric), Value: f.Value, Lo: &f.Lo, Hi: &f.Hi})
		}
	}
	return all
}
