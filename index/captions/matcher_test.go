package captions

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMatcher(t *testing.T) {
	pictures := []string{"/p/a.jpg", "/p/sub/b.jpg", "/p/sub/same.jpg", "/q/same.jpg", "/q/c.jpg", "/q/r.jpg", "/p/r.jpg", "/caps/d.jpg", "/p/odd\xfc.jpg", "/q/x/1.jpg", "/p/y/1.jpg"}
	for name, c := range map[string]struct {
		dirs    []string
		names   []string
		want    map[string][]string // texts, which are the names, by picture
		reports Report
	}{
		"absolute":        {nil, []string{"/p/a.jpg", "/p/./sub/../a.jpg"}, map[string][]string{"/p/a.jpg": {"/p/a.jpg", "/p/./sub/../a.jpg"}}, Report{Matched: 2}},
		"absolute, moved": {nil, []string{"/old/a.jpg"}, map[string][]string{"/p/a.jpg": {"/old/a.jpg"}}, Report{Matched: 1}},
		"beside the file": {[]string{"/p"}, []string{"d.jpg", "../p/a.jpg"}, map[string][]string{"/caps/d.jpg": {"d.jpg"}, "/p/a.jpg": {"../p/a.jpg"}}, Report{Matched: 2}},
		"in a folder":     {[]string{"/q", "/p/"}, []string{"sub/b.jpg", "c.jpg"}, map[string][]string{"/p/sub/b.jpg": {"sub/b.jpg"}, "/q/c.jpg": {"c.jpg"}}, Report{Matched: 2}},
		"in two folders":  {[]string{"/q", "/p"}, []string{"r.jpg"}, nil, Report{Ambiguous: 1, AmbiguousExamples: []string{"r.jpg"}}},
		"one folder twice": {[]string{"/q", "/q/", "/q/../q"}, []string{"r.jpg"},
			map[string][]string{"/q/r.jpg": {"r.jpg"}}, Report{Matched: 1}},
		"folder first, then base": {[]string{"/q"}, []string{"same.jpg", "same.jpg"},
			map[string][]string{"/q/same.jpg": {"same.jpg", "same.jpg"}}, Report{Matched: 1}},
		"base name":           {[]string{"/p"}, []string{"b.jpg", "other/c.jpg"}, map[string][]string{"/p/sub/b.jpg": {"b.jpg"}, "/q/c.jpg": {"other/c.jpg"}}, Report{Matched: 2}},
		"base name of two":    {[]string{"/p"}, []string{"same.jpg"}, nil, Report{Ambiguous: 1, AmbiguousExamples: []string{"same.jpg"}}},
		"folder tells":        {nil, []string{"x/1.jpg", "y/1.jpg", "z/1.jpg"}, map[string][]string{"/q/x/1.jpg": {"x/1.jpg"}, "/p/y/1.jpg": {"y/1.jpg"}}, Report{Matched: 2, Ambiguous: 1, AmbiguousExamples: []string{"z/1.jpg"}}},
		"extension counts":    {[]string{"/p"}, []string{"a", "a.png", "A.jpg"}, nil, Report{Unmatched: 3, UnmatchedExamples: []string{"a", "a.png", "A.jpg"}}},
		"backslashes":         {[]string{"/p"}, []string{`sub\b.jpg`}, map[string][]string{"/p/sub/b.jpg": {`sub\b.jpg`}}, Report{Matched: 1}},
		"bytes":               {[]string{"/p"}, []string{"odd\xfc.jpg", "odd\xfd.jpg"}, map[string][]string{"/p/odd\xfc.jpg": {"odd\xfc.jpg"}}, Report{Matched: 1, Unmatched: 1, UnmatchedExamples: []string{"odd\xfd.jpg"}}},
		"two names, one left": {nil, []string{"train/b.jpg", "val/b.jpg"}, nil, Report{Ambiguous: 2, AmbiguousExamples: []string{"train/b.jpg", "val/b.jpg"}}},
		"another has it":      {[]string{"/p"}, []string{"sub/b.jpg", "val/b.jpg"}, map[string][]string{"/p/sub/b.jpg": {"sub/b.jpg"}}, Report{Matched: 1, Unmatched: 1, UnmatchedExamples: []string{"val/b.jpg"}}},
		"five examples":       {nil, []string{"1", "2", "3", "3", "4", "5", "6"}, nil, Report{Unmatched: 6, UnmatchedExamples: []string{"1", "2", "3", "4", "5"}}},
		"no path at all":      {[]string{"/"}, []string{"..", "/", "."}, nil, Report{Unmatched: 3, UnmatchedExamples: []string{"..", "/", "."}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := NewMatcher([]*File{namesFile("/caps/x.tsv", c.names...)}, c.dirs, pictures)
			got := map[string][]string{}
			for _, p := range pictures {
				for _, l := range m.For(p) {
					got[p] = append(got[p], l.Text)
				}
			}
			if c.want == nil {
				c.want = map[string][]string{}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
			c.reports.Path = "/caps/x.tsv"
			if diff := cmp.Diff([]Report{c.reports}, m.Reports()); diff != "" {
				t.Errorf("reports (-want +got):\n%s", diff)
			}
		})
	}
}

func TestMatcherOfSeveralFiles(t *testing.T) {
	one, two := namesFile("/caps/one.tsv", "a.jpg", "none.jpg"), namesFile("/caps/two.csv", "/p/a.jpg")
	m := NewMatcher([]*File{two, one}, []string{"/p"}, []string{"/p/a.jpg"})
	if diff := cmp.Diff([]Line{two.Lines[0], one.Lines[0]}, m.For("/p/./a.jpg")); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	want := []Report{{Path: "/caps/two.csv", Matched: 1}, {Path: "/caps/one.tsv", Matched: 1, Unmatched: 1, UnmatchedExamples: []string{"none.jpg"}}}
	if diff := cmp.Diff(want, m.Reports()); diff != "" {
		t.Errorf("reports (-want +got):\n%s", diff)
	}
	if lines := m.For("/p/b.jpg"); lines != nil {
		t.Errorf("lines of another picture: %v", lines)
	}
}

func TestMatcherOfRelativePaths(t *testing.T) {
	t.Chdir(t.TempDir())
	m := NewMatcher([]*File{namesFile("caps.tsv", "p/a.jpg", "b.jpg")}, []string{"p"}, []string{"p/a.jpg", "p/b.jpg"})
	for _, p := range []string{"p/a.jpg", "p/b.jpg"} {
		if len(m.For(p)) != 1 {
			t.Errorf("%s: %v", p, m.For(p))
		}
	}
	wd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if len(m.For(filepath.Join(wd, "p", "a.jpg"))) != 1 {
		t.Error("the absolute path has no captions")
	}
}

func FuzzMatcher(f *testing.F) {
	f.Add("a.jpg", "../x/a.jpg", "/x/a.jpg")
	f.Add(`..\a`, "//", "")
	f.Fuzz(func(t *testing.T, one, two, picture string) {
		file := namesFile("/caps/x.tsv", one, two)
		m := NewMatcher([]*File{file}, []string{"/x", "x"}, []string{picture, "/x/a.jpg"})
		r := m.Reports()[0]
		distinct := 2
		if one == two {
			distinct = 1
		}
		if r.Matched+r.Unmatched+r.Ambiguous != distinct {
			t.Fatalf("report %+v of %q and %q", r, one, two)
		}
	})
}

func BenchmarkMatcher(b *testing.B) {
	var names, pictures []string
	for i := range 100_000 {
		pictures = append(pictures, fmt.Sprintf("/p/%02d/%06d.jpg", i%100, i))
		for range 5 {
			names = append(names, fmt.Sprintf("%06d.jpg", i))
		}
	}
	file := namesFile("/caps/x.tsv", names...)
	for b.Loop() {
		NewMatcher([]*File{file}, []string{"/p"}, pictures)
	}
}

// namesFile returns a file with one line a name, whose text is the name.
func namesFile(path string, names ...string) *File {
	f := &File{Path: path}
	for i, name := range names {
		f.Lines = append(f.Lines, Line{File: name, Text: name, Line: i + 1})
	}
	return f
}
