package ui

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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

// A file name that is not UTF-8 comes whole out of a search, and its picture is opened by its number.
func TestAPIPathBytes(t *testing.T) {
	g := newGallery(t)
	name := "evil/\u202egpj.exe\xff\n.jpg"
	want, at := filepath.Join(g.folder, name), "/api/v1/documents/"+idOf(name)
	var found struct{ Hits []search.Hit }
	_, body := g.get("/api/v1/search?mode=text&q=order")
	if err := json.Unmarshal([]byte(body), &found); err != nil || len(found.Hits) != 1 {
		t.Fatalf("%v in %s", err, body)
	}
	var d struct {
		Path  string
		Bytes []byte `json:"path_bytes"`
	}
	_, body = g.get(at)
	if err := json.Unmarshal([]byte(body), &d); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for what, got := range map[string]string{"hit": string(found.Hits[0].PathBytes), "document": string(d.Bytes)} {
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	if fmt.Sprint(found.Hits[0].ID) != idOf(name) || !strings.Contains(d.Path, "\ufffd") {
		t.Errorf("hit %d with path %q", found.Hits[0].ID, d.Path)
	}
	response, original := g.get(at + "/original")
	if file, err := os.ReadFile(want); err != nil || response.StatusCode != 200 || original != string(file) {
		t.Errorf("the original: %d, %d bytes, %v", response.StatusCode, len(original), err)
	}
	if _, body := g.get("/api/v1/documents/1"); strings.Contains(body, "path_bytes") {
		t.Errorf("a path in UTF-8: %s", body)
	}
}

func TestAPIStats(t *testing.T) {
	g := newGallery(t)
	g.wants("/api/v1/stats", 200, `"documents":13`, `"hidden":1`, `"captions":14`, `"vectors":13`, `"id":"encodetest-colours-1"`)
	if err := g.store.Hide(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	g.wants("/api/v1/stats", 200, `"documents":12`)
}
