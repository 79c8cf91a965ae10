package eval

// corpus is the captions of some pictures, where a text that stands for several captions is kept once.
type corpus struct {
	texts    []string // [U], in the order of first mention
	copies   []int    // [U]: captions that say it
	pictures [][]int  // [U]: the pictures that carry it, ascending; places in the corpus
	of       [][]int  // [P]: the texts of each picture, each once
	lines    []line   // one a caption, in order
}

// line is one caption.
type line struct{ text, picture int }

// newCorpus gathers the captions of pictures.
func newCorpus(captions [][]string) *corpus {
	c := &corpus{of: make([][]int, len(captions))}
	known := make(map[string]int)
	for p, own := range captions {
		for _, text := range own {
			t, ok := known[text]
			if !ok {
				t = len(c.texts)
				known[text] = t
				c.texts, c.copies, c.pictures = append(c.texts, text), append(c.copies, 0), append(c.pictures, nil)
			}
			c.copies[t]++
			c.lines = append(c.lines, line{t, p})
			if carriers := c.pictures[t]; len(carriers) == 0 || carriers[len(carriers)-1] != p {
				c.pictures[t] = append(carriers, p)
				c.of[p] = append(c.of[p], t)
			}
		}
	}
	return c
}
