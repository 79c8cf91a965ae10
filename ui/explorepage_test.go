package ui

import (
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clipsearch/internal/report"
)

func TestExplorePage(t *testing.T) {
	g := newGallery(t)
	g.wants("/explore", 200, exploreTitle, randomTitle, `class="filmstrip"`, `href="/picture/`, `href="/explore?seed=`, "!hidden red")
	first, again, other := g.wants("/explore?seed=5", 200), g.wants("/explore?seed=5", 200), g.wants("/explore?seed=6", 200)
	if first != again || first == other {
		t.Error("the seed does not choose the row")
	}
	g.wants("/explore?seed=x", 200, randomTitle)
}

func TestEvaluatePage(t *testing.T) {
	g := newGallery(t)
	g.reports = filepath.Join(t.TempDir(), "reports")
	g.serve(&pictureEncoder{})
	g.wants("/evaluate", 200, noReportsTitle)
	low, high := .1, .3
	name, err := report.Save(g.reports, report.About{
		Kind: report.Eval, Title: `<b>"Birds"</b>`, Created: time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC), Dataset: "/data/birds",
		Headline: []report.Headline{{Name: "recall@10", Value: .2, Lo: &low, Hi: &high}, {Name: "median rank", Value: 12}},
	}, func(w io.Writer) error {
		_, err := io.WriteString(w, "<!DOCTYPE html><title>whole</title><script>alert(1)</script>")
		return err
	}, map[string]int{"queries": 3})
	if err != nil {
		t.Fatal(err)
	}
	g.wants("/evaluate", 200, "&lt;b&gt;&#34;Birds&#34;&lt;/b&gt;", "0.200", "0.100 to 0.300", "12.000", `href="/evaluate/`+name+`"`, `x="10.0%" width="20.0%"`, "!<b>")
	response, body := g.get("/evaluate/" + name)
	policy := response.Header.Get("Content-Security-Policy")
	if response.StatusCode != 200 || !strings.Contains(body, "whole") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "script-src") {
		t.Errorf("the report: %d, %s", response.StatusCode, policy)
	}
	for _, other := range []string{"nothing", "..", "%2e%2e%2fsecret", name + "x"} {
		if response, body := g.get("/evaluate/" + other); response.StatusCode == 200 && !strings.Contains(body, homeHeading) {
			t.Errorf("/evaluate/%s: %d", other, response.StatusCode)
		}
	}
}
