package search

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// text returns a weighted text term.
func textTerm(weight float64, s string) Term { return Term{Kind: TermText, Text: s, Weight: weight} }

func TestParse(t *testing.T) {
	tests := []struct {
		line string
		want Line
	}{
		{"", Line{}},
		{"   \t\n", Line{}},
		{"dogs in the snow", Line{
			Words: []string{"dogs", "in", "the", "snow"}, Terms: []Term{textTerm(1, "dogs in the snow")}, Open: true}},
		{"dogs ", Line{Words: []string{"dogs"}, Terms: []Term{textTerm(1, "dogs")}}},
		{`"red  car" street`, Line{
			Words: []string{"street"}, Phrases: []string{"red car"}, Terms: []Term{textTerm(1, "red car street")}, Open: true}},
		{"“red car„", Line{Phrases: []string{"red car"}, Terms: []Term{textTerm(1, "red car")}}},
		{"beach -people", Line{
			Words: []string{"beach"}, Excluded: []string{"people"}, Terms: []Term{textTerm(1, "beach")}}},
		{`beach -"many people" sea`, Line{
			Words: []string{"beach", "sea"}, Excluded: []string{"many people"}, Terms: []Term{textTerm(1, "beach sea")}, Open: true}},
		{"2:beach + dog - people", Line{
			Words: []string{"beach", "dog"},
			Terms: []Term{textTerm(2, "beach"), textTerm(1, "dog"), textTerm(-1, "people")}}},
		{"beach − 0.5:many people", Line{
			Words: []string{"beach"}, Terms: []Term{textTerm(1, "beach"), textTerm(-0.5, "many people")}}},
		{`.5:"red car" + 2:dog -cat`, Line{
			Words: []string{"dog"}, Phrases: []string{"red car"}, Excluded: []string{"cat"},
			Terms: []Term{textTerm(.5, "red car"), textTerm(2, "dog")}}},
		{"- people", Line{Terms: []Term{textTerm(-1, "people")}}},
		{"a - b -", Line{Words: []string{"a"}, Terms: []Term{textTerm(1, "a"), textTerm(-1, "b")}}},
		{"+ - + −", Line{}},
		{"?!, . -- …", Line{}},

		// What the grammar does not know is words.
		{"10:30 train", Line{Words: []string{"10:30", "train"}, Terms: []Term{textTerm(1, "10:30 train")}, Open: true}},
		{"0:beach", Line{Words: []string{"0:beach"}, Terms: []Term{textTerm(1, "0:beach")}, Open: true}},
		{"1e9:beach", Line{Words: []string{"1e9:beach"}, Terms: []Term{textTerm(1, "1e9:beach")}, Open: true}},
		{"999:beach", Line{Words: []string{"999:beach"}, Terms: []Term{textTerm(1, "999:beach")}, Open: true}},
		{"2: beach", Line{Words: []string{"2:", "beach"}, Terms: []Term{textTerm(1, "2: beach")}, Open: true}},
		{"sea 2:beach", Line{Words: []string{"sea", "2:beach"}, Terms: []Term{textTerm(1, "sea 2:beach")}, Open: true}},
		{`say "red car`, Line{Words: []string{"say", "red", "car"}, Terms: []Term{textTerm(1, "say red car")}, Open: true}},
		{`"" cat`, Line{Words: []string{"cat"}, Terms: []Term{textTerm(1, "cat")}, Open: true}},
		{"well-known C++ a+b", Line{
			Words: []string{"well-known", "C++", "a+b"}, Terms: []Term{textTerm(1, "well-known C++ a+b")}, Open: true}},
		{"--help", Line{Words: []string{"--help"}, Terms: []Term{textTerm(1, "--help")}, Open: true}},
		{"caption:dog AND (cat", Line{
			Words: []string{"caption:dog", "AND", "(cat"}, Terms: []Term{textTerm(1, "caption:dog AND (cat")}, Open: true}},
		{"Straße 犬 \U0001F436", Line{
			Words: []string{"Straße", "犬", "\U0001F436"}, Terms: []Term{textTerm(1, "Straße 犬 \U0001F436")}, Open: true}},
		{"a\x00b\x1bc\xffd", Line{
			Words: []string{"a", "b", "c", "d"}, Terms: []Term{textTerm(1, "a b c d")}, Open: true}},
	}
	for _, test := range tests {
		t.Run(test.line, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Parse(test.line)); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", test.line, diff)
			}
		})
	}
}

func TestParseCutsEndlessLines(t *testing.T) {
	line := Parse(strings.Repeat("é ", maxLineRunes))
	if !line.Cut || len(line.Words) != maxLineRunes/2 {
		t.Errorf("Cut is %v with %d words, want true with %d", line.Cut, len(line.Words), maxLineRunes/2)
	}
	if line := Parse(strings.Repeat("é", maxLineRunes)); line.Cut {
		t.Error("a line of the longest length is cut")
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"", "dogs in the snow", `2:beach + "red car" - 0.5:people -cat -"a b"`, "“„”\"", "- - + :", "1:-a", "-\"", "0.1:\xff", "a -\u2212 b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		line := Parse(s)
		for _, list := range [][]string{line.Words, line.Phrases, line.Excluded} {
			for _, item := range list {
				if !searchable(item) || strings.ContainsAny(item, quotes) {
					t.Errorf("Parse(%q) gives the item %q", s, item)
				}
			}
		}
		added := 0
		for _, term := range line.Terms {
			if term.Kind != TermText || term.Weight == 0 || term.Weight > maxInline || term.Weight < -maxInline || !searchable(term.Text) {
				t.Errorf("Parse(%q) gives the term %+v", s, term)
			}
			if term.Weight > 0 {
				added++
			}
		}
		if (len(line.Words)+len(line.Phrases) > 0) != (added > 0) {
			t.Errorf("Parse(%q): words and vector disagree: %+v", s, line)
		}
		if line.Open && len(line.Words) == 0 {
			t.Errorf("Parse(%q) is open without a word", s)
		}
	})
}
