package text

import (
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"

	"golang.org/x/sync/errgroup"
)

// errPacked: a snapshot is not what pack writes.
var errPacked = errors.New("snapshot of caption index cannot be used")

// Limits of a snapshot, which may come with a stranger's library.
const (
	maxFiles = 4096 // scorch merges long before
	// maxExpansion is how much larger the folder may be than the snapshot: postings
	// shrink to a third. The slack is for root.bolt, which is mostly zeros.
	maxExpansion   = 32
	expansionSlack = 64 << 20
	maxPacked      = blockBytes + blockBytes/8 // what DEFLATE makes of noise is shorter
)

// fileName is what files of a scorch folder are called.
var fileName = regexp.MustCompile(`^([0-9a-f]{12}\.zap|root\.bolt)$`)

// block is one of a snapshot; see pack.
type block struct {
	name   string
	offset int64 // in its file
	size   int
	packed []byte
}

// unpack makes folder dir of a snapshot of so many bytes. What it writes is on disk when
// it returns nil.
func unpack(ctx context.Context, r io.Reader, dir string, size int64) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	u := &unpacker{r: bufio.NewReaderSize(r, 64<<10), dir: dir, left: maxExpansion*size + expansionSlack}
	err := u.all(ctx)
	for _, f := range u.files {
		if err == nil {
			err = f.Sync()
		}
		err = errors.Join(err, f.Close())
	}
	return err
}

// unpacker reads blocks one after the other and writes them on all cores.
type unpacker struct {
	r     *bufio.Reader
	dir   string
	left  int64 // bytes that may still be written
	files []*os.File
	names []string // of files
	at    int64    // in the last file
}

func (u *unpacker) all(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(runtime.GOMAXPROCS(0))
	for {
		b, err := u.next()
		if err == nil && b.name != "" {
			err = u.open(&b)
		}
		if err != nil || b.name == "" {
			return errors.Join(err, g.Wait())
		}
		file := u.files[len(u.files)-1]
		g.Go(func() error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return b.write(file)
		})
	}
}

// next reads a block; one without name is the end.
func (u *unpacker) next() (b block, err error) {
	name, err := u.bytes(len("000000000000.zap"))
	if err != nil || len(name) == 0 {
		return b, err
	}
	b.name = string(name)
	size, err := u.number(blockBytes)
	if err != nil {
		return b, err
	}
	b.size = size
	b.packed, err = u.bytes(maxPacked)
	return b, err
}

// number reads a varint that is at most limit.
func (u *unpacker) number(limit int) (int, error) {
	n, err := binary.ReadUvarint(u.r)
	if err != nil {
		return 0, cutOff(err)
	}
	if n > uint64(limit) {
		return 0, fmt.Errorf("%w: length %d", errPacked, n)
	}
	return int(n), nil
}

// bytes reads a length, at most limit, and so many bytes.
func (u *unpacker) bytes(limit int) ([]byte, error) {
	n, err := u.number(limit)
	if err != nil {
		return nil, err
	}
	data := make([]byte, n)
	_, err = io.ReadFull(u.r, data)
	return data, cutOff(err)
}

// cutOff names the end of a snapshot where there should be more.
func cutOff(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("%w: it is cut off", errPacked)
	}
	return err
}

// open finds the place of a block, in a new file if need be.
func (u *unpacker) open(b *block) error {
	if u.left -= int64(b.size); u.left < 0 {
		return fmt.Errorf("%w: it is too large", errPacked)
	}
	if n := len(u.names); n > 0 && u.names[n-1] == b.name {
		b.offset = u.at
		u.at += int64(b.size)
		return nil
	}
	if !fileName.MatchString(b.name) || len(u.files) == maxFiles {
		return fmt.Errorf("%w: file %q", errPacked, b.name)
	}
	f, err := os.OpenFile(filepath.Join(u.dir, b.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	u.files, u.names = append(u.files, f), append(u.names, b.name)
	b.offset, u.at = 0, int64(b.size)
	return nil
}

// write unpacks a block into its file.
func (b block) write(f *os.File) error {
	content := make([]byte, b.size)
	r := flate.NewReader(bytes.NewReader(b.packed))
	if _, err := io.ReadFull(r, content); err != nil {
		return fmt.Errorf("%w: block of %s: %w", errPacked, b.name, err)
	}
	_, err := f.WriteAt(content, b.offset)
	return err
}
