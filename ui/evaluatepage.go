package ui

import (
	"fmt"
	"io/fs"
	"net/http"
	"strconv"

	"clipsearch/internal/report"
)

// reportPolicy lets a report have the style that is in it, and nothing else.
const reportPolicy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"

// evaluatePage answers GET /evaluate with the saved reports.
func (s *site) evaluatePage(w http.ResponseWriter, r *http.Request) {
	saved, err := report.List(s.reports)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	var v evaluateView
	for _, one := range saved {
		v.reports = append(v.reports, reportViewOf(one))
	}
	f := s.frame(r, evaluateTitle)
	f.here = "/evaluate"
	s.render(w, r, http.StatusOK, evaluatePage(f, v))
}

// reportViewOf returns the view of a saved report, whose strings are anybody's.
func reportViewOf(saved report.Saved) reportView {
	v := reportView{
		href: "/evaluate/" + saved.Name, title: visible(saved.Title), kind: visible(string(saved.Kind)), created: moment(saved.Created.Local()),
		dataset: visible(saved.Dataset), model: visible(saved.Model.ID),
	}
	for _, h := range saved.Headline {
		m := figureView{name: visible(h.Name), value: strconv.FormatFloat(h.Value, 'f', 3, 64)}
		m.share = h.Value >= 0 && h.Value <= 1
		low, high := h.Value, h.Value
		if h.Lo != nil && h.Hi != nil && *h.Lo >= 0 && *h.Hi <= 1 && *h.Lo <= *h.Hi {
			low, high = *h.Lo, *h.Hi
			m.interval = fmt.Sprintf(figureInterval, low, high)
		}
		m.at, m.from, m.width = percent(100*h.Value), percent(100*low), percent(100*(high-low))
		v.figures = append(v.figures, m)
	}
	return v
}

// reportPage answers GET /evaluate/{name} with a report, which is a page of its own.
func (s *site) reportPage(w http.ResponseWriter, r *http.Request) {
	file, err := report.Open(s.reports, r.PathValue("name"), "report.html")
	var info fs.FileInfo
	if err == nil {
		defer file.Close()
		info, err = file.Stat()
	}
	if err != nil {
		s.notFound(w, r)
		return
	}
	w.Header().Set("Content-Security-Policy", reportPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", cacheAsk)
	http.ServeContent(w, r, "", info.ModTime(), file)
}
