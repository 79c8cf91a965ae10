package token

// wordMerger applies byte-pair merges to one word after another; it keeps its buffers between them. The zero value is
// ready for use.
type wordMerger struct {
	symbols []symbol
	queue   []candidate // a heap, first to be merged at the top
}

// symbol is a piece of a word in a doubly linked list by position.
type symbol struct {
	id         int32 // none once it was merged into its left neighbour
	prev, next int32 // none at the ends
}

// candidate is a merge of the symbol at a position with its right neighbour, as it stood when it was found.
type candidate struct{ rank, at, id int32 }

func (c candidate) before(d candidate) bool {
	return c.rank < d.rank || c.rank == d.rank && c.at < d.at
}

// encode appends the ids of word, which is not empty, to ids. Merges are applied by rank and from left to right within
// one rank, each as soon as it comes to the front (tokenizers 0.23, models/bpe/word.rs), in n log n.
func (m *wordMerger) encode(t *Tokenizer, ids []int32, word string) []int32 {
	m.load(t, word)
	for at := range m.symbols {
		m.consider(t, int32(at))
	}
	for len(m.queue) > 0 {
		m.apply(t, m.pop())
	}
	if len(m.symbols) == 0 {
		return ids
	}
	for at := int32(0); at != none; at = m.symbols[at].next {
		ids = append(ids, m.symbols[at].id)
	}
	return ids
}

// load sets the symbols to the bytes of word.
func (m *wordMerger) load(t *Tokenizer, word string) {
	m.symbols, m.queue = m.symbols[:0], m.queue[:0]
	for i := range len(word) {
		id := t.inner[word[i]]
		if i == len(word)-1 {
			id = t.last[word[i]]
		}
		if id == none {
			id = t.unknown
		}
		if id != none {
			at := int32(len(m.symbols))
			m.symbols = append(m.symbols, symbol{id: id, prev: at - 1, next: at + 1})
		}
	}
	if n := len(m.symbols); n > 0 {
		m.symbols[n-1].next = none
	}
}

// consider queues the merge of the symbol at a position with its right neighbour, if there is one.
func (m *wordMerger) consider(t *Tokenizer, at int32) {
	left := m.symbols[at]
	if left.next == none {
		return
	}
	if to, ok := t.merges[pair{left.id, m.symbols[left.next].id}]; ok {
		m.push(candidate{to.rank, at, to.id})
	}
}

// apply merges two neighbours unless either has changed since the candidate was queued.
func (m *wordMerger) apply(t *Tokenizer, c candidate) {
	left := &m.symbols[c.at]
	if left.id == none || left.next == none {
		return
	}
	right := &m.symbols[left.next]
	if to, ok := t.merges[pair{left.id, right.id}]; !ok || to.id != c.id {
		return
	}
	left.id, left.next = c.id, right.next
	right.id = none
	if left.next != none {
		m.symbols[left.next].prev = c.at
	}
	if left.prev != none {
		m.consider(t, left.prev)
	}
	m.consider(t, c.at)
}

func (m *wordMerger) push(c candidate) {
	q := append(m.queue, c)
	i := len(q) - 1
	for i > 0 && c.before(q[(i-1)/2]) {
		q[i] = q[(i-1)/2]
		i = (i - 1) / 2
	}
	q[i] = c
	m.queue = q
}

func (m *wordMerger) pop() candidate {
	q := m.queue
	top, c := q[0], q[len(q)-1]
	q = q[:len(q)-1]
	m.queue = q
	if len(q) == 0 {
		return top
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(q) {
			break
		}
		if child+1 < len(q) && q[child+1].before(q[child]) {
			child++
		}
		if !q[child].before(c) {
			break
		}
		q[i] = q[child]
		i = child
	}
	q[i] = c
	return top
}
