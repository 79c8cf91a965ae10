package hub

import (
	"context"
	"crypto/sha1" // Git's name for a file, not a protection: see verify
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// incomplete is what the name of a file ends with while it comes; Hugging Face's tools go on with such files too.
const incomplete = ".incomplete"

// errStalled says that nothing came for too long.
var errStalled = errors.New("nothing came for too long")

// fetch brings one file into the cache.
func (p *pull) fetch(ctx context.Context, f file) (err error) {
	blob := p.blob(f)
	if p.whole(f) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(blob), 0o755); err != nil {
		return err
	}
	had := p.has(f)
	unlock, err := p.lock(ctx, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if p.whole(f) { // another process has brought it meanwhile
		p.Meter.Done(int(f.size - had))
		return nil
	}
	address := p.client.endpoint() + "/" + p.Name + "/resolve/" + p.commit + "/" + url.PathEscape(f.name)
	err = p.client.again(ctx, p.Meter, "fetching "+p.Name, maxAttempts, func() (int64, error) { return p.goOn(ctx, f, address) })
	if err != nil {
		return p.failed(ctx, f, err)
	}
	if err := verify(f, blob+incomplete); err != nil {
		if errors.Is(err, ErrHash) { // it can only begin anew
			err = errors.Join(err, os.Remove(blob+incomplete))
		}
		return p.failed(ctx, f, err)
	}
	return os.Rename(blob+incomplete, blob)
}

// whole reports whether a file is in the cache. What has a file's name there has been checked.
func (p *pull) whole(f file) bool {
	info, err := os.Stat(p.blob(f))
	return err == nil && info.Size() == f.size
}

// failed says which file an error is about and what can be done.
func (p *pull) failed(ctx context.Context, f file, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return &Error{Object: f.name, Err: fmt.Errorf("%w: %w", ErrNoSpace, err), Advice: "free some space and run the same command again: it goes on where it stopped"}
	}
	var e *Error
	err = p.client.explain(p.Repository, fmt.Errorf("%s: %w", f.name, err))
	if errors.Is(err, ErrHash) && errors.As(err, &e) {
		e.Advice = "what came was thrown away; run the same command again, and if that is no better ask another mirror (HF_ENDPOINT)"
	}
	return err
}

// goOn asks for what a file lacks and writes it behind what is there. It returns how many bytes came.
func (p *pull) goOn(ctx context.Context, f file, address string) (got int64, err error) {
	path := p.blob(f) + incomplete
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	at, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return 0, err
	}
	if at > f.size { // another file's, or nonsense
		p.Meter.Done(int(-f.size))
		if at, err = 0, restart(out); err != nil {
			return 0, err
		}
	}
	if at == f.size {
		return 0, out.Sync()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	response, err := p.client.get(ctx, p.transport, address, at)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()                                     // only read
	if response.StatusCode != http.StatusPartialContent && at > 0 { // the server gives all or nothing
		p.Meter.Done(int(-at))
		if at, err = 0, restart(out); err != nil {
			return 0, err
		}
	}
	if err := checkRange(response, at, f.size); err != nil {
		if errors.Is(err, ErrHash) {
			err = errors.Join(err, restart(out))
		}
		return 0, err
	}
	body := &watched{body: response.Body, stall: p.client.stall(), cancel: cancel}
	got, err = p.copy(out, io.LimitReader(body, f.size-at+1))
	if cause := context.Cause(ctx); errors.Is(cause, errStalled) {
		err = errStalled
	}
	switch {
	case err != nil:
		return got, err
	case at+got > f.size:
		return got, errors.Join(fmt.Errorf("%w: it is longer than the %d bytes that the hub gives", ErrHash, f.size), restart(out))
	case at+got < f.size:
		return got, io.ErrUnexpectedEOF
	}
	return got, out.Sync()
}

// restart empties a file that begins anew.
func restart(out *os.File) error {
	if err := out.Truncate(0); err != nil {
		return err
	}
	_, err := out.Seek(0, io.SeekStart)
	return err
}

// checkRange says what is wrong with an answer to a request from byte at on.
func checkRange(response *http.Response, at, size int64) error {
	switch response.StatusCode {
	case http.StatusRequestedRangeNotSatisfiable:
		return fmt.Errorf("%w: the server has less than the %d bytes that the hub gives", ErrHash, size)
	case http.StatusPartialContent:
		var first, last, total int64
		given := response.Header.Get("Content-Range")
		if n, err := fmt.Sscanf(given, "bytes %d-%d/%d", &first, &last, &total); n != 3 || err != nil || first != at || total != size {
			return fmt.Errorf("%w: asked for byte %d of %d on it sends %.80q", ErrAnswer, at, size, given)
		}
	}
	return nil
}

// copy writes what comes and counts it.
func (p *pull) copy(out io.Writer, in io.Reader) (n int64, err error) {
	buffer := make([]byte, 256<<10)
	for {
		read, readErr := in.Read(buffer)
		if read > 0 {
			written, err := out.Write(buffer[:read])
			n += int64(written)
			p.downloaded += int64(written)
			p.Meter.Done(written)
			if err != nil {
				return n, err
			}
		}
		if readErr == io.EOF {
			return n, nil
		}
		if readErr != nil {
			return n, readErr
		}
	}
}

// watched is a body that is given up when nothing comes for too long.
type watched struct {
	body   io.Reader
	stall  time.Duration
	cancel context.CancelCauseFunc
}

func (w *watched) Read(p []byte) (int, error) {
	timer := time.AfterFunc(w.stall, func() { w.cancel(errStalled) })
	defer timer.Stop()
	return w.body.Read(p)
}

// verify compares a file's content with the hub's hash: SHA-256 of large files; of small ones what Git calls the blob,
// SHA-1 (SHA-256 in repositories that use it) of a line with the size and of the content. All come over one connection with
// the hub's description of them, which is what they are trusted for; the hash is against accidents and mirrors.
func verify(f file, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	var h hash.Hash
	switch {
	case f.sha256 != "", len(f.git) == 2*sha256.Size:
		h = sha256.New()
	default:
		h = sha1.New()
	}
	if f.sha256 == "" {
		fmt.Fprintf(h, "blob %d\x00", f.size)
	}
	if _, err := io.Copy(h, in); err != nil {
		return err
	}
	if sum := hex.EncodeToString(h.Sum(nil)); sum != f.hash() {
		return fmt.Errorf("%w: its hash is %s, not %s", ErrHash, sum, f.hash())
	}
	return nil
}
