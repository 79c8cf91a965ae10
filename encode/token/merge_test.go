package token

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"clipsearch/assets"

	"github.com/google/go-cmp/cmp"
)

// TestMergesEqualPlainRule compares the queue with the rule it stands for: merge the first pair of lowest rank until
// none is left.
func TestMergesEqualPlainRule(t *testing.T) {
	tok := embedded(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var m wordMerger
	for range 5000 {
		word := make([]byte, 1+rng.IntN(40))
		for i := range word {
			word[i] = "aehlnorst!.\xc3\xa9\xe3\x81"[rng.IntN(15)]
		}
		want := plainMerges(tok, word)
		if diff := cmp.Diff(want, m.encode(tok, nil, string(word))); diff != "" {
			t.Fatalf("%q (-plain +queue):\n%s", word, diff)
		}
	}
}

func plainMerges(t *Tokenizer, word []byte) []int32 {
	var ids []int32
	for _, b := range word {
		ids = append(ids, t.inner[b])
	}
	ids[len(ids)-1] = t.last[word[len(word)-1]]
	for {
		at, best := none, merged{rank: 1 << 30}
		for i := range len(ids) - 1 {
			if to, ok := t.merges[pair{ids[i], ids[i+1]}]; ok && to.rank < best.rank {
				at, best = i, to
			}
		}
		if at == none {
			return ids
		}
		ids[at] = best.id
		ids = append(ids[:at+1], ids[at+2:]...)
	}
}

// TestHostileLengths fails if a step is quadratic: a megabyte would then take hours.
func TestHostileLengths(t *testing.T) {
	tok := embedded(t)
	const size = 1 << 20
	for name, text := range map[string]string{
		"one letter":   strings.Repeat("a", size),
		"one word":     strings.Repeat("thequickbrownfox", size/16),
		"signs":        strings.Repeat("!?", size/2),
		"marks":        strings.Repeat("\u0301\u0323", size/4),
		"white space":  strings.Repeat(" \t", size/2),
		"many words":   strings.Repeat("a ", size/2),
		"half tokens":  strings.Repeat("<|endoftext|", size/12),
		"tokens":       strings.Repeat("<|endoftext|>", size/13),
		"capitals":     strings.Repeat("<|STARTOFTEXT|>", size/15),
		"bad bytes":    strings.Repeat("\xff", size),
		"apostrophes":  strings.Repeat("'", size),
		"contractions": strings.Repeat("'s", size/2),
	} {
		for _, context := range []int{77, 0} {
			start := time.Now()
			tok.Encode(text, context)
			if took := time.Since(start); took > 30*time.Second {
				t.Errorf("%s, context %d: took %v", name, context, took)
			}
		}
	}
}

func TestByteSymbolsAreDistinct(t *testing.T) {
	seen := map[string]int{}
	for b, s := range byteSymbols() {
		if other, ok := seen[s]; ok {
			t.Errorf("bytes %d and %d are both %q", other, b, s)
		}
		seen[s] = b
	}
}

func embedded(tb testing.TB) *Tokenizer {
	tb.Helper()
	vocab, merges, err := assets.Vocabulary()
	if err != nil {
		tb.Fatal(err)
	}
	t, err := Parse(vocab, merges)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}
