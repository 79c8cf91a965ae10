package captions

import "io"

// lineCounter remembers where the lines of a stream end, so that an offset can be told as a line.
type lineCounter struct {
	r      io.Reader
	read   int64   // bytes so far
	ends   []int64 // offsets of line ends not passed yet
	passed int     // line ends before the last offset asked for
}

func (c *lineCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			c.ends = append(c.ends, c.read+int64(i))
		}
	}
	c.read += int64(n)
	return n, err
}

// at returns the line, from 1, of an offset. An offset before an earlier call's gets the earlier line.
func (c *lineCounter) at(offset int64) int {
	n := 0
	for n < len(c.ends) && c.ends[n] < offset {
		n++
	}
	c.passed, c.ends = c.passed+n, c.ends[n:]
	return c.passed + 1
}
