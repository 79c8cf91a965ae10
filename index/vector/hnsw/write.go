package hnsw

import (
	"bufio"
	"encoding/binary"
	"hash/crc32"
	"io"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// WriteTo writes the graph in the format that Read reads. The same graph gives the same
// bytes.
func (g *Graph) WriteTo(w io.Writer) (int64, error) {
	sum := crc32.New(castagnoli)
	count := &counter{w: w}
	buffered := bufio.NewWriterSize(io.MultiWriter(count, sum), 1<<16)
	e := &encoder{w: buffered}
	e.graph(g)
	if err := buffered.Flush(); err != nil {
		return count.n, err
	}
	_, err := count.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32()))
	return count.n, err
}

// counter counts the bytes that it passes on.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

// encoder writes to a buffer, which keeps its first error.
type encoder struct {
	w   *bufio.Writer
	buf []byte
}

func (e *encoder) graph(g *Graph) {
	twins := chains(g.twins)
	e.w.WriteString(magic)
	e.words(uint32(g.config.M), uint32(g.config.EfConstruction), uint32(g.config.Seed), uint32(g.config.Seed>>32))
	e.words(uint32(g.rows), g.entry, uint32(len(g.layers)), uint32(len(twins)))
	for _, t := range twins {
		e.words(t.of, t.row)
	}
	for i := range g.layers {
		l := &g.layers[i]
		if i > 0 {
			e.words(uint32(l.nodes()))
			e.words(l.rows...)
		}
		for node := range uint32(l.nodes()) {
			links := l.neighbors(node)
			e.w.WriteByte(byte(len(links)))
			e.words(links...)
		}
	}
}

func (e *encoder) words(words ...uint32) {
	e.buf = e.buf[:0]
	for _, x := range words {
		e.buf = binary.LittleEndian.AppendUint32(e.buf, x)
	}
	e.w.Write(e.buf)
}
