package token

import "math"

// The special tokens of CLIP.
const (
	startToken = "<|startoftext|>"
	endToken   = "<|endoftext|>"
)

// Tokenizer holds one vocabulary. Parse and ParseJSON make it; it does not change and is safe for concurrent use.
type Tokenizer struct {
	size       int
	start, end int32
	unknown    int32           // id of a byte that the vocabulary lacks; none: such bytes are left out
	inner      [256]int32      // id of a byte inside a word, or none
	last       [256]int32      // id of a byte at the end of a word, or none
	merges     map[pair]merged // what two neighbours become

	rawTokens     []addedToken // recognised in the text as it is
	foldedTokens  []addedToken // recognised in the normalised text
	specialsSplit bool         // special tokens are alternatives of the pattern that splits words
}

// none stands for the id of a token that does not exist.
const none = -1

type pair struct{ left, right int32 }

type merged struct{ rank, id int32 }

// Size returns the number of tokens in the vocabulary, special ones included: ids are 0 … Size-1.
func (t *Tokenizer) Size() int { return t.size }

// Start returns the id of "<|startoftext|>", the first id of every encoded text.
func (t *Tokenizer) Start() int32 { return t.start }

// End returns the id of "<|endoftext|>", the last id of every encoded text.
func (t *Tokenizer) End() int32 { return t.end }

// Encode returns the ids of text between Start and End, at most context of them (77 for CLIP): what goes beyond is cut
// off before End. A context below 2 means no limit. Start and End also stand where the text itself spells these tokens.
// The result is never empty and belongs to the caller. The time grows as n log n with the length of the text.
func (t *Tokenizer) Encode(text string, context int) []int32 {
	limit := math.MaxInt
	if context >= 2 {
		limit = context - 1
	}
	e := encoder{t: t, limit: limit, ids: make([]int32, 1, 16)}
	e.ids[0] = t.start
	e.text(text)
	return append(e.ids, t.end)
}

// encoder is the state of one call of Encode.
type encoder struct {
	t     *Tokenizer
	limit int // ids at most, the end token not counted
	ids   []int32
	word  wordMerger
}

func (e *encoder) full() bool { return len(e.ids) >= e.limit }

func (e *encoder) add(id int32) {
	if !e.full() {
		e.ids = append(e.ids, id)
	}
}

// text encodes a whole text: exact added tokens first, the stretches between them after normalisation.
func (e *encoder) text(text string) {
	for text != "" && !e.full() {
		before, id, after := cutToken(text, e.t.rawTokens)
		e.normalized(normalize(before))
		if id != none {
			e.add(id)
		}
		text = after
	}
}

// normalized encodes normalised text.
func (e *encoder) normalized(text string) {
	for text != "" && !e.full() {
		before, id, after := cutToken(text, e.t.foldedTokens)
		for before != "" && !e.full() {
			var word string
			if word, before = nextWord(before, e.t.specialsSplit); word != "" {
				e.split(word)
			}
		}
		if id != none {
			e.add(id)
		}
		text = after
	}
}

// split encodes a word of the first split, which the byte-level step splits once more: that only matters for special
// tokens among the alternatives, which fall into "<|", the letters, and "|>".
func (e *encoder) split(word string) {
	if word == startToken || word == endToken {
		e.ids = e.word.encode(e.t, e.ids, word[:2])
		e.ids = e.word.encode(e.t, e.ids, word[2:len(word)-2])
		word = word[len(word)-2:]
	}
	e.ids = e.word.encode(e.t, e.ids, word)
	e.ids = e.ids[:min(len(e.ids), e.limit)]
}
