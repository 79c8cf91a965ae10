package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"clipsearch/search"
)

// printResult writes hits in the form that the flags ask for, and notes to stderr.
func printResult(p Process, opts *searchFlags, result *search.Result) error {
	if !opts.quiet {
		for _, note := range result.Notes {
			fmt.Fprintf(p.Stderr, "clipsearch: %s\n", printable(note))
		}
		if len(result.Hits) == 0 {
			fmt.Fprintln(p.Stderr, "clipsearch: nothing found")
		}
		printWeaker(p.Stderr, result)
	}
	w := bufio.NewWriter(p.Stdout)
	switch {
	case opts.json:
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		for _, hit := range result.Hits {
			if err := encoder.Encode(hit); err != nil {
				return err
			}
		}
	case opts.nul:
		printPaths(w, result.Hits, "\x00")
	case opts.paths:
		printPaths(w, result.Hits, "\n")
	default:
		terminal, width := terminalWidth(p.Stdout)
		if !terminal {
			width = 0
		}
		printTable(w, result.Hits, width)
	}
	return w.Flush()
}

// printWeaker says how much lies outside the relevance window.
func printWeaker(w io.Writer, result *search.Result) {
	switch {
	case result.WeakerMore:
		fmt.Fprintf(w, "clipsearch: more than %d weaker results hidden; --all shows them\n", result.Weaker)
	case result.Weaker == 1:
		fmt.Fprintln(w, "clipsearch: 1 weaker result hidden; --all shows it")
	case result.Weaker > 0:
		fmt.Fprintf(w, "clipsearch: %d weaker results hidden; --all shows them\n", result.Weaker)
	}
}

// printPaths writes paths byte for byte, each ended by end.
func printPaths(w io.Writer, hits []search.Hit, end string) {
	for _, hit := range hits {
		io.WriteString(w, hit.Path+end)
	}
}

// printTable writes a block a hit for people, lines cut at width columns (0: not cut).
func printTable(w io.Writer, hits []search.Hit, width int) {
	for _, hit := range hits {
		line := fmt.Sprintf("%3d  %s", hit.Rank, printable(hit.Path))
		fmt.Fprintln(w, cut(line, width))
		fmt.Fprintln(w, cut("     "+detail(hit), width))
		printExplanation(w, hit)
		if hit.Duplicates > 0 {
			fmt.Fprintf(w, "     %d near-duplicates hidden\n", hit.Duplicates)
		}
	}
}

// printExplanation writes what was asked to be told of a hit, a line each.
func printExplanation(w io.Writer, hit search.Hit) {
	for _, share := range hit.Explain {
		fmt.Fprintf(w, "     %s: rank %d, score %.4f, weight %g, adds %.5f\n", share.Leg, share.Rank, share.Score, share.Weight, share.Contribution)
	}
	for i := range hit.Captions {
		if text := emphasized(hit, i); text != hit.Captions[i] {
			fmt.Fprintf(w, "     caption: %s\n", printable(text))
		}
	}
	if len(hit.Pulls) > 0 {
		var words []string
		for _, pull := range hit.Pulls {
			words = append(words, fmt.Sprintf("%s %+.3f", printable(pull.Word), pull.Pull))
		}
		fmt.Fprintf(w, "     similarity by word: %s\n", strings.Join(words, ", "))
	}
	if len(hit.Labels) > 0 {
		var labels []string
		for _, label := range hit.Labels[:min(maxPrintedLabels, len(hit.Labels))] {
			labels = append(labels, fmt.Sprintf("%s %.1f %%", printable(label.Label), 100*label.Probability))
		}
		fmt.Fprintf(w, "     labels: %s\n", strings.Join(labels, ", "))
	}
}

// maxPrintedLabels is how many of a hit's labels people get to read; --json has all.
const maxPrintedLabels = 5

// emphasized returns a caption with stars around the words that matched.
func emphasized(hit search.Hit, caption int) string {
	var b strings.Builder
	text, done := hit.Captions[caption], 0
	for _, mark := range hit.Marks {
		if mark.Caption == caption {
			b.WriteString(text[done:mark.Start] + "*" + text[mark.Start:mark.End] + "*")
			done = mark.End
		}
	}
	return b.String() + text[done:]
}

// detail says in a line why a hit is there: its id, similarity, the words that matched, and the first caption.
func detail(hit search.Hit) string {
	parts := []string{fmt.Sprintf("id %d", hit.ID)}
	if hit.Similarity != nil {
		parts = append(parts, fmt.Sprintf("similarity %.3f", *hit.Similarity))
	}
	if len(hit.Terms) > 0 {
		parts = append(parts, "words "+printable(strings.Join(hit.Terms, " ")))
	}
	if len(hit.Captions) > 0 {
		parts = append(parts, printable(hit.Captions[0]))
	}
	return strings.Join(parts, " · ")
}

// cut shortens a line to width columns, counting a character as one.
func cut(line string, width int) string {
	if width <= 0 || utf8.RuneCountInString(line) <= width {
		return line
	}
	runes := []rune(line)
	return string(runes[:width-1]) + "…"
}
