package explore

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"clipsearch/index/store"
)

const (
	minWord   = 3 // letters
	minSpoken = 2 // pictures of a group whose captions say its word
)

// wordsOf returns a word for each cluster: the one that its captions say much more often than all captions do. No two
// clusters get the same; "" where nothing is left.
func wordsOf(records []store.Record, clusters []cluster) []string {
	spoken := make([]map[string]bool, len(records)) // each picture's words
	everywhere := map[string]int{}
	for i, r := range records {
		spoken[i] = words(r)
		for word := range spoken[i] {
			everywhere[word]++
		}
	}
	taken := map[string]bool{}
	names := make([]string, len(clusters))
	for i, c := range clusters {
		here := map[string]int{}
		for _, row := range c.rows {
			for word := range spoken[row] {
				here[word]++
			}
		}
		best := 0.0
		for _, word := range slices.Sorted(maps.Keys(here)) {
			share, usual := float64(here[word])/float64(len(c.rows)), float64(everywhere[word])/float64(len(records))
			if score := share * math.Log(share/usual); here[word] >= minSpoken && !taken[word] && cmp.Compare(score, best) > 0 {
				names[i], best = word, score
			}
		}
		taken[names[i]] = true
	}
	return names
}

// words returns the words that a picture's captions and tags say, in lower case. Translations beside captions in English, or
// in a language that nobody states, are left out: of many languages each would name the same thing.
func words(r store.Record) map[string]bool {
	all := map[string]bool{}
	add := func(text string) {
		for _, word := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
			if utf8.RuneCountInString(word) >= minWord {
				all[word] = true
			}
		}
	}
	translated := func(c store.Caption) bool { return c.Lang != "" && c.Lang != "en" }
	onlyTranslations := !slices.ContainsFunc(r.Captions, func(c store.Caption) bool { return !translated(c) })
	for _, c := range r.Captions {
		if onlyTranslations || !translated(c) {
			add(c.Text)
		}
	}
	for _, tag := range r.Document.Tags {
		add(tag)
	}
	return all
}
