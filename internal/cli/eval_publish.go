package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"clipsearch/internal/report"
)

// publishPage writes the report as a page where it is wanted.
func (e *evaluation) publishPage(ctx context.Context, p Process, opts evalOptions) error {
	if opts.html == "" && !opts.save {
		return nil
	}
	dataset, err := filepath.Abs(opts.dataset)
	if err != nil {
		return err
	}
	made := time.Now()
	page := evalPage(&e.report, dataset, made)
	if err := addExamples(ctx, &page, &e.report, e.texts, dataset); err != nil {
		return err
	}
	if opts.html != "" {
		if err := writeWhole(opts.html, page.Write); err != nil {
			return err
		}
	}
	if !opts.save {
		return nil
	}
	folder := findPlaces(p).reports
	about := report.About{
		Kind: report.Eval, Title: page.Title, Created: made, Dataset: dataset,
		Model: report.Model{ID: e.report.Model.ID, Dir: e.report.Model.Dir}, Headline: evalHeadline(&e.report),
	}
	name, err := report.Save(folder, about, page.Write, &e.report)
	if err == nil && !opts.quiet {
		fmt.Fprintf(p.Stderr, "clipsearch: kept in %s\n", filepath.Join(folder, name))
	}
	return err
}
