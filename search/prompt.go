package search

import "strings"

// place is where a prompt takes the words of a text term.
const place = "{q}"

// maxPrompts bounds what one term costs: each prompt is a run of the text tower.
const maxPrompts = 16

// DefaultPrompts returns the prompts that a text term is encoded with unless a query names others; the term's vector is the
// normalised sum of theirs. Dual encoders have learned from sentences, people type words. doc/search.md has the figures
// that these were chosen by.
func DefaultPrompts() []string {
	return []string{place, "a picture of " + place}
}

// checkPrompts returns what is wrong with prompts, as an ErrBadQuery.
func checkPrompts(prompts []string) error {
	if len(prompts) > maxPrompts {
		return badQuery("%d prompts are too many; it is at most %d", len(prompts), maxPrompts)
	}
	for _, prompt := range prompts {
		if !strings.Contains(prompt, place) {
			return badQuery("the prompt %q has no %s, which stands for the words", prompt, place)
		}
	}
	return nil
}

// prompted returns the texts to encode for the words of a term.
func prompted(prompts []string, words string) []string {
	texts := make([]string, len(prompts))
	for i, prompt := range prompts {
		texts[i] = strings.ReplaceAll(prompt, place, words)
	}
	return texts
}
