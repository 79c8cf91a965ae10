package cli

import (
	"fmt"
	"slices"
	"strings"

	"clipsearch/eval"
	reports "clipsearch/internal/report"
	"clipsearch/tune"
)

// page returns the report for people.
func (r tuneReport) page() reports.Page {
	p := reports.Page{Title: "Training report", Lead: r.Verdict}
	if r.Recipe.Name != "" {
		p.Title += ": " + r.Recipe.Name
	}
	base := r.Base
	if r.Recipe.Architecture != "" {
		base = r.Recipe.Architecture + ", random weights"
	}
	for _, f := range []reports.Fact{
		{Name: "base", Value: base},
		{Name: "data", Value: r.dataLine()},
		{Name: "hash of the data", Value: r.Data},
		{Name: "device", Value: r.Device + ", " + r.Precision},
		{Name: "steps", Value: fmt.Sprintf("%d of %d samples, %.0f s, %.1f samples/s", r.Steps, r.Recipe.Plan.Batch, r.Seconds, r.Speed)},
		{Name: "ended early", Value: r.Stopped},
	} {
		if f.Value != "" {
			p.Facts = append(p.Facts, f)
		}
	}
	p.Sections = append(p.Sections, reports.Section{Title: "How it went", Charts: r.charts()})
	for _, name := range r.validationNames() {
		p.Sections = append(p.Sections, reports.Section{
			Title:  "Before and after: " + name,
			Note:   "Measured by clipsearch eval. The difference has the 95 % interval and the p-value of a paired bootstrap over the pictures.",
			Tables: changeTables(r.Validation[name]),
		})
	}
	return p
}

// validationNames returns the sets measured on, sorted.
func (r tuneReport) validationNames() []string {
	var names []string
	for name := range r.Validation {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// dataLine names what was learned from.
func (r tuneReport) dataLine() string {
	var parts []string
	for name, n := range r.Pictures {
		parts = append(parts, fmt.Sprintf("%s (%s pictures)", name, count(n)))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

// mostPoints is how many points of a curve are drawn.
const mostPoints = 400

// charts returns the curves of loss, rate and validation.
func (r tuneReport) charts() []reports.Chart {
	var loss, rate []reports.Point
	every := max(1, len(r.Curve)/mostPoints)
	for piece := range slices.Chunk(r.Curve, every) {
		sum := 0.0
		for _, point := range piece {
			sum += point.Loss
		}
		last := piece[len(piece)-1]
		loss = append(loss, reports.Point{X: float64(last.Step), Y: sum / float64(len(piece))})
		rate = append(rate, reports.Point{X: float64(last.Step), Y: last.Rate})
	}
	charts := []reports.Chart{
		{Caption: "Loss", X: "step", Y: "loss", Lines: []reports.Line{{Name: "loss", Points: loss}}},
		{Caption: "Validation", X: "step", Y: "score", Lines: measuredLines(r.Measurements)},
		{Caption: "Learning rate", X: "step", Y: "rate", Lines: []reports.Line{{Name: "rate", Points: rate}}},
	}
	return charts
}

// measuredLines returns a curve for each figure of the validations.
func measuredLines(all []tune.Measurement) []reports.Line {
	if len(all) == 0 {
		return nil
	}
	lines := []reports.Line{{Name: "score"}}
	for _, m := range all {
		lines[0].Points = append(lines[0].Points, reports.Point{X: float64(m.Step), Y: m.Score})
	}
	var names []string
	for name := range all[0].Figures {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		line := reports.Line{Name: name}
		for _, m := range all {
			line.Points = append(line.Points, reports.Point{X: float64(m.Step), Y: m.Figures[name]})
		}
		lines = append(lines, line)
	}
	return lines
}

// changeTables returns a table a task: before, after, difference.
func changeTables(r *eval.Report) []reports.Table {
	var tables []reports.Table
	for _, c := range r.Changes {
		result := r.Result(c.Task, c.Way)
		table := reports.Table{Caption: wayName(c.Task, c.Way), Head: []string{"metric", "before", "after", "difference", "p"}}
		for _, m := range result.Metrics() {
			after, d := result.Figures[m], c.Metrics[m]
			table.Rows = append(table.Rows, []string{
				string(m), fmt.Sprintf("%.4f", after.Value-d.Value), withInterval(after), withInterval(d.Interval), fmt.Sprintf("%.4f", d.P),
			})
		}
		tables = append(tables, table)
	}
	return tables
}

// withInterval writes a figure with its interval.
func withInterval(i eval.Interval) string {
	return fmt.Sprintf("%.4f [%.4f, %.4f]", i.Value, i.Lo, i.Hi)
}

// card returns the model card, README.md.
func (r tuneReport) card() string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\nlibrary_name: transformers\npipeline_tag: zero-shot-image-classification\ntags: [clip]\n---\n\n")
	name := r.Recipe.Name
	if name == "" {
		name = "A fine-tuned CLIP"
	}
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", name, r.Verdict)
	if r.Recipe.Architecture != "" {
		fmt.Fprintf(&b, "- trained from random weights: architecture %s, seed %d\n", r.Recipe.Architecture, r.Recipe.Plan.Seed)
	} else {
		fmt.Fprintf(&b, "- parent model: %s\n", r.Base)
	}
	fmt.Fprintf(&b, "- data: %s; SHA-256 of all pictures and texts %s\n", r.dataLine(), r.Data)
	plan, learn := r.Recipe.Plan, r.Recipe.Learn
	fmt.Fprintf(&b, "- recipe: %d steps of %d samples, best step %d; AdamW, rate %g (%s, %d warm-up steps), weight decay %g, clip %g; patch drop %g, drop path %g, smoothing %g, loss between pictures %g, average %g; report.json has everything\n",
		r.Steps, plan.Batch, r.Best, plan.Rate, plan.Schedule, plan.Warmup, learn.Decay, learn.Clip, learn.PatchDrop, learn.DropPath, learn.Smoothing, learn.PictureLoss, learn.Average)
	fmt.Fprintf(&b, "- trained by clipsearch tune on %s in %s, %.0f s\n", r.Device, r.Precision, r.Seconds)
	for _, name := range r.validationNames() {
		fmt.Fprintf(&b, "\n## Validation: %s\n", name)
		for _, table := range changeTables(r.Validation[name]) {
			fmt.Fprintf(&b, "\n%s\n\n| %s |\n|%s\n", table.Caption, strings.Join(table.Head, " | "), strings.Repeat("---|", len(table.Head)))
			for _, row := range table.Rows {
				fmt.Fprintf(&b, "| %s |\n", strings.Join(row, " | "))
			}
		}
	}
	return b.String()
}
