package hnsw

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"slices"
)

// Read reads what WriteTo has written, up to its end and perhaps beyond. rows is how
// many rows there are: ErrTooMany if the graph has more. It fails with ErrVersion for
// other formats, with ErrDamaged for what WriteTo hasn't written or the checksum
// doesn't fit, or with r's error. Whatever r holds, the graph that it returns can be
// searched, and Read allocates at most 600 bytes for each of rows and about 100 for
// each byte of r.
func Read(r io.Reader, rows int) (*Graph, error) {
	d := &decoder{r: bufio.NewReaderSize(r, 1<<16)}
	g, err := d.graph(rows)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: it ends early", ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("read a graph: %w", err)
	}
	return g, nil
}

// decoder reads numbers and sums them.
type decoder struct {
	r   *bufio.Reader
	sum uint32
	buf []byte
}

// bytes reads n bytes, valid until the next call.
func (d *decoder) bytes(n int) ([]byte, error) {
	d.buf = slices.Grow(d.buf[:0], n)[:n]
	if _, err := io.ReadFull(d.r, d.buf); err != nil {
		return nil, err
	}
	d.sum = crc32.Update(d.sum, castagnoli, d.buf)
	return d.buf, nil
}

// words reads numbers into dst.
func (d *decoder) words(dst []uint32) error {
	b, err := d.bytes(4 * len(dst))
	if err != nil {
		return err
	}
	for i := range dst {
		dst[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return nil
}

func (d *decoder) graph(rows int) (*Graph, error) {
	g, layers, twins, err := d.header(rows)
	if err != nil {
		return nil, err
	}
	if g.twins, err = d.twins(g.rows, twins); err != nil {
		return nil, err
	}
	if err := d.links(&g.layers[0], g.rows); err != nil {
		return nil, err
	}
	for len(g.layers) < layers {
		l := layer{degree: g.config.degree(len(g.layers))}
		if err := d.upper(&l, &g.layers[len(g.layers)-1]); err != nil {
			return nil, err
		}
		g.layers = append(g.layers, l)
	}
	if err := g.checkTwins(); err != nil {
		return nil, err
	}
	if g.entry == none && layers > 1 || g.entry != none && !g.layers[layers-1].has(g.entry) {
		return nil, fmt.Errorf("%w: entry %d is not on the top layer", ErrDamaged, g.entry)
	}
	return g, d.checksum()
}

// header reads what stands before the twins.
func (d *decoder) header(rows int) (g *Graph, layers int, twins uint32, err error) {
	b, err := d.bytes(headerSize)
	if err != nil {
		return nil, 0, 0, err
	}
	if string(b[:len(magic)]) != magic {
		return nil, 0, 0, ErrVersion
	}
	word := func(offset int) uint32 { return binary.LittleEndian.Uint32(b[offset:]) }
	m, ef := word(8), word(12)
	if m < 2 || m > maxM || ef < 1 || ef > MaxRows || word(32) < 1 || word(32) > maxLayers {
		return nil, 0, 0, fmt.Errorf("%w: M %d, EfConstruction %d, %d layers", ErrDamaged, m, ef, word(32))
	}
	if word(24) > MaxRows || int(word(24)) > rows {
		return nil, 0, 0, fmt.Errorf("%w: %d, %d", ErrTooMany, word(24), rows)
	}
	g = newGraph(Config{M: int(m), EfConstruction: int(ef), Seed: binary.LittleEndian.Uint64(b[16:])})
	g.rows, g.entry = int(word(24)), word(28)
	return g, int(word(32)), word(36), nil
}

// twins reads Graph.twins. No row may be the twin of two, or of a twin.
func (d *decoder) twins(rows int, count uint32) ([]uint32, error) {
	if int(count) > rows {
		return nil, fmt.Errorf("%w: %d twins", ErrDamaged, count)
	}
	twins, follows := make([]twin, 0, count), make([]bool, rows)
	for range count {
		var pair [2]uint32
		if err := d.words(pair[:]); err != nil {
			return nil, err
		}
		t := twin{pair[0], pair[1]}
		if int(t.of) >= rows || int(t.row) >= rows || follows[t.row] {
			return nil, fmt.Errorf("%w: twin %d of %d", ErrDamaged, t.row, t.of)
		}
		follows[t.row] = true
		twins = append(twins, t)
	}
	for _, t := range twins {
		if follows[t.of] {
			return nil, fmt.Errorf("%w: twin of twin %d", ErrDamaged, t.of)
		}
	}
	return chain(rows, twins), nil
}

// checkTwins returns an error if a walk could come to a row that isn't a node.
func (g *Graph) checkTwins() error {
	follows := followers(g.twins)
	if follows == nil {
		return nil
	}
	for i := range g.layers {
		for _, n := range g.layers[i].links {
			if n != none && follows[g.layers[i].row(n)] {
				return fmt.Errorf("%w: link to the twin %d", ErrDamaged, g.layers[i].row(n))
			}
		}
	}
	if g.entry < uint32(g.rows) && follows[g.entry] {
		return fmt.Errorf("%w: entry %d is a twin", ErrDamaged, g.entry)
	}
	return nil
}

// upper reads a layer above another.
func (d *decoder) upper(l, below *layer) error {
	var count [1]uint32
	if err := d.words(count[:]); err != nil {
		return err
	}
	if count[0] == 0 || int(count[0]) > below.nodes() {
		return fmt.Errorf("%w: layer of %d nodes above %d", ErrDamaged, count[0], below.nodes())
	}
	for i := range count[0] {
		var row [1]uint32
		if err := d.words(row[:]); err != nil {
			return err
		}
		if i > 0 && row[0] <= l.rows[i-1] || !below.has(row[0]) {
			return fmt.Errorf("%w: row %d on a layer above that without it", ErrDamaged, row[0])
		}
		l.rows = append(l.rows, row[0])
	}
	return d.links(l, len(l.rows))
}

// has reports whether a row is on the layer.
func (l *layer) has(row uint32) bool {
	if l.rows == nil {
		return int(row) < l.nodes()
	}
	_, found := slices.BinarySearch(l.rows, row)
	return found
}

// links reads the links of all nodes of a layer.
func (d *decoder) links(l *layer, nodes int) error {
	l.grow(nodes)
	for node := range uint32(nodes) {
		b, err := d.bytes(1)
		if err != nil {
			return err
		}
		if int(b[0]) > l.degree {
			return fmt.Errorf("%w: %d links of a node", ErrDamaged, b[0])
		}
		links := l.slots(node)[:b[0]]
		if err := d.words(links); err != nil {
			return err
		}
		for _, n := range links {
			if int(n) >= nodes {
				return fmt.Errorf("%w: link to node %d of %d", ErrDamaged, n, nodes)
			}
		}
	}
	return nil
}

// checksum compares the sum of what was read with that which follows.
func (d *decoder) checksum() error {
	sum := d.sum
	b, err := d.bytes(4)
	if err != nil {
		return err
	}
	if stored := binary.LittleEndian.Uint32(b); stored != sum {
		return fmt.Errorf("%w: checksum %08x instead of %08x", ErrDamaged, sum, stored)
	}
	return nil
}
