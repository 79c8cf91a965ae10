package ui

import (
	"encoding/json"
	"strings"
	"testing"

	"clipsearch/search"
)

func TestAPISearch(t *testing.T) {
	g := newGallery(t)
	response, body := g.get("/api/v1/search?q=red+sunset&k=2&explain=1")
	var got struct {
		Hits  []search.Hit
		Total int
		More  bool
		Took  float64 `json:"took_ms"`
		Notes []string
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", response.StatusCode, response.Header)
	}
	if len(got.Hits) != 2 || got.Total != 13 || got.Took <= 0 || got.Hits[0].ID != 1 || got.Hits[0].Rank != 1 || len(got.Hits[0].Explain) != 2 {
		t.Errorf("answer %s", body)
	}
	if !strings.HasPrefix(body, `{"hits":[{"rank":1,"id":1,"path":"`) {
		t.Errorf("answer %s", body)
	}
	g.wants("/api/v1/search?q=zebra&mode=text", 200, `{"hits":[],"total":0,`)
	g.wants("/api/v1/search?q=snow&k=1&offset=1&mode=text", 200, `"rank":2,`)
	g.wants("/api/v1/search?q=dog&mode=text&prefix=1", 200, `"id":7`)
	for path, want := range map[string]string{
		"?k=0":              "from 1 to",
		"?sort=size":        "no order",
		"?q=red&k=0":        "at least 1",
		"?q=red&k=9999999":  "k: ",
		"?q=red&mode=magic": "no mode",
	} {
		response, body := g.get("/api/v1/search" + path)
		if response.StatusCode != 400 || !strings.HasPrefix(body, `{"error":"`) || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
	g.wants("/api/v1/search?like=99", 404, `"error"`)
	g.wants("/api/v1/search?q=red&mode=vector&k=1&label=red,blue", 200, `"labels":[{"label":"red","probability":`)
	g.wants("/api/v1/search?q=red+dog&mode=vector&k=1&explain=1&prompt={q}", 200, `"pulls":[{"word":"`, `"weaker":0`)
	g.wants("/api/v1/search?q=tower&mode=text&orientation=portrait&min_size=300&max_size=800", 200, `"id":5`)
	g.serve(nil)
	g.wants("/api/v1/search?q=snow", 200, `"partial":true,`, `"notes":["searched by words alone`)
}

func TestAPIStats(t *testing.T) {
	g := newGallery(t)
	g.wants("/api/v1/stats", 200, `"documents":13`, `"hidden":1`, `"captions":14`, `"vectors":13`, `"id":"encodetest-colours-1"`)
	if err := g.store.Hide(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	g.wants("/api/v1/stats", 200, `"documents":12`)
}
