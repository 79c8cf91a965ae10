package cli

import (
	"context"
	"fmt"
	"path/filepath"

	"clipsearch/eval"
	"clipsearch/internal/imgio"
	"clipsearch/internal/regular"
	"clipsearch/internal/report"
)

const (
	shownExamples = 8   // best, and worst, of a task
	exampleSide   = 240 // px: longer side of their pictures; the page has to hold them all
)

// addExamples adds the best and the worst queries of each task to its section of the page. dir is the set's folder, "" of
// a library.
func addExamples(ctx context.Context, page *report.Page, r *eval.Report, texts eval.Encoder, dir string) error {
	if texts == nil {
		return nil
	}
	at := 0 // sections stand in the order of the tasks
	for _, task := range eval.Tasks() {
		if len(waysOf(r, task)) == 0 {
			continue
		}
		best, worst, err := r.Examples(ctx, texts, task, shownExamples)
		if err != nil {
			return err
		}
		shots := &shots{report: r, dir: dir}
		galleries := &page.Sections[at].Galleries
		if len(best) > 0 {
			*galleries = append(*galleries, report.Gallery{
				Caption: "Best queries", Note: "Those whose right answer is furthest ahead of the nearest wrong one.", Items: shots.items(task, best),
			})
		}
		if len(worst) > 0 {
			*galleries = append(*galleries, report.Gallery{
				Caption: "Worst queries", Note: "Those whose right answer comes last.", Items: shots.items(task, worst),
			})
		}
		at++
	}
	return nil
}

// shots makes the pictures of examples.
type shots struct {
	report *eval.Report
	dir    string
}

// items shows examples.
func (s *shots) items(task eval.Task, examples []eval.Example) []report.Item {
	var items []report.Item
	for _, e := range examples {
		item := report.Item{Text: e.Text, Note: fmt.Sprintf("rank %s, ahead by %+.3f", count(e.Rank), e.Margin)}
		if e.Margin < 0 {
			item.Note = fmt.Sprintf("rank %s, behind by %.3f", count(e.Rank), -e.Margin)
		}
		switch {
		case task == eval.ZeroShot:
			item.Pictures = []report.Picture{s.picture(e.Picture, "")}
			item.Note += "; nearest wrong label: " + e.Wrong
		case e.Margin < 0:
			item.Pictures = []report.Picture{s.picture(e.Picture, "asked for: "), s.picture(e.Other, "found: ")}
		default:
			item.Pictures = []report.Picture{s.picture(e.Picture, "")}
		}
		items = append(items, item)
	}
	return items
}

// picture returns a small picture; where its file cannot be read any more, its name alone.
func (s *shots) picture(place int, lead string) report.Picture {
	name := s.report.Set.Pictures[place].Name
	p := report.Picture{Label: lead + filepath.Base(name)}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.dir, filepath.FromSlash(name))
	}
	data, err := regular.ReadFile(path)
	if err != nil {
		return p
	}
	decoded, err := imgio.Decode(data, imgio.Options{MinLong: exampleSide, ThumbLong: exampleSide})
	if err == nil {
		p.Data = decoded.Thumb
	}
	return p
}
