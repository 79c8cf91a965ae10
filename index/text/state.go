package text

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"clipsearch/index/store"
)

// layout is the version of what is in the folder: fields, analyzers and state. A folder of
// another version is replaced, so raise it with every change to them.
const layout = 3

// stateKey is where an index keeps its state: in each of its snapshots, so that
// numbers and postings always belong together.
var stateKey = []byte("clipsearch")

// state says what an index holds.
type state struct {
	Layout   int                   `json:"layout"`
	Library  string                `json:"library"`  // ID of the store
	Sequence uint64                `json:"sequence"` // of the store's log, reached
	LastID   store.ID              `json:"last_id"`  // highest document ever indexed
	Fields   map[string]fieldStats `json:"fields"`
}

// fieldStats are the sums of a field that BM25 needs. Scorch's own are the number of
// distinct terms of each segment, which change when segments merge.
type fieldStats struct {
	Tokens    int `json:"tokens"`
	Documents int `json:"documents"` // that have a token
}

func decodeState(data []byte) (state, error) {
	var s state
	if err := json.Unmarshal(data, &s); err != nil {
		return state{}, fmt.Errorf("state of caption index: %w", err)
	}
	return s, nil
}

func (s state) encode() []byte {
	data, err := json.Marshal(s)
	if err != nil {
		panic(err) // it holds only numbers and strings
	}
	return data
}

// clone returns a copy that can be changed.
func (s state) clone() state {
	s.Fields = maps.Clone(s.Fields)
	if s.Fields == nil {
		s.Fields = map[string]fieldStats{}
	}
	return s
}

// add counts a document's lengths, sign times.
func (s state) add(l lengths, sign int) {
	for field, n := range l {
		f := s.Fields[field]
		f.Tokens += sign * n
		f.Documents += sign
		if f == (fieldStats{}) {
			delete(s.Fields, field)
		} else {
			s.Fields[field] = f
		}
	}
}

// fields returns the fields that have tokens, in order.
func (s state) fields() []string { return slices.Sorted(maps.Keys(s.Fields)) }

// mainLanguage returns the caption field with most tokens, "" without captions.
func (s state) mainLanguage() string {
	best := ""
	for _, field := range s.fields() {
		if strings.HasPrefix(field, captionPrefix) && (best == "" || s.Fields[field].Tokens > s.Fields[best].Tokens) {
			best = field
		}
	}
	return best
}

// lengths are the numbers of tokens of a document by field, without zeros. They are
// stored with it, so that they can be subtracted when it is replaced or deleted.
type lengths map[string]int

// sum returns the tokens of all fields.
func (l lengths) sum() (n int) {
	for _, field := range l {
		n += field
	}
	return n
}

// encode writes "field n field n …" in order of fields.
func (l lengths) encode() []byte {
	var b bytes.Buffer
	for _, field := range slices.Sorted(maps.Keys(l)) {
		fmt.Fprintf(&b, "%s %d ", field, l[field])
	}
	return b.Bytes()
}

func decodeLengths(data []byte) (lengths, error) {
	words := strings.Fields(string(data))
	l := lengths{}
	for i := 0; i < len(words); i += 2 {
		if i+1 == len(words) {
			return nil, fmt.Errorf("lengths %q of a document", data)
		}
		n, err := strconv.Atoi(words[i+1])
		if err != nil || n <= 0 {
			return nil, fmt.Errorf("lengths %q of a document", data)
		}
		l[words[i]] = n
	}
	return l, nil
}

// key returns a document's ID as the index spells it.
func key(id store.ID) string { return strconv.FormatUint(id, 36) }

// parseKey is the inverse of key.
func parseKey(s string) (store.ID, error) {
	id, err := strconv.ParseUint(s, 36, 64)
	if err != nil {
		return 0, fmt.Errorf("document %q: %w", s, err)
	}
	return id, nil
}
