package checkpoint

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"slices"
)

// A safetensors file is the length of the header (8 bytes, little-endian), the
// header (a JSON object from tensor names to {"dtype", "shape", "data_offsets":
// [begin, end]}, and "__metadata__", strings), then the data that the offsets
// count in, without holes.
// https://github.com/huggingface/safetensors, "Format".

// safetensorsPrefix is the length of the header's length, bytes.
const safetensorsPrefix = 8

// maxHeader bounds a safetensors header, bytes. The format allows 100 MB; a CLIP
// of 1,024 layers a tower, the most that is taken, needs 6 MB.
const maxHeader = 16 << 20

// again is the advice for files that are not all there.
const again = "fetch the file again"

// metadataKey is the header's one key that is no tensor.
const metadataKey = "__metadata__"

// safetensorsSizes gives the bytes of one element. Types that are no weights are
// listed because position_ids, which are ignored, may have them.
var safetensorsSizes = map[string]int{
	"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "F8_E4M3": 1, "F8_E5M2": 1,
	"I64": 8, "I32": 4, "I16": 2, "I8": 1, "U64": 8, "U32": 4, "U16": 2, "U8": 1, "BOOL": 1,
}

// headerEntry is a tensor in the header.
type headerEntry struct {
	DType   *string  `json:"dtype"`
	Shape   *[]int   `json:"shape"`
	Offsets *[]int64 `json:"data_offsets"`
}

// parseSafetensors reads the table of a safetensors file; the entries alias data.
func parseSafetensors(path string, data []byte) (map[string]entry, error) {
	header, body, err := splitSafetensors(path, data)
	if err != nil {
		return nil, err
	}
	entries := map[string]entry{}
	var spans []span
	err = eachMember(path, header, func(name string, raw json.RawMessage) error {
		if name == metadataKey {
			return nil
		}
		e, s, err := parseHeaderEntry(path, name, raw, body)
		entries[name] = e
		spans = append(spans, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	return entries, checkSpans(path, spans, int64(len(body)))
}

// splitSafetensors returns the header and the data behind it.
func splitSafetensors(path string, data []byte) (header, body []byte, err error) {
	if len(data) == 0 {
		return nil, nil, faultf(path, "%w: the file is empty", ErrCorrupt)
	}
	if bytes.HasPrefix(data, []byte("version https://git-lfs")) {
		return nil, nil, lfsFault(path)
	}
	if len(data) < safetensorsPrefix {
		return nil, nil, faultf(path, "%w: %d bytes are no safetensors file", ErrCorrupt, len(data))
	}
	n := binary.LittleEndian.Uint64(data)
	rest := data[safetensorsPrefix:]
	if n > maxHeader {
		return nil, nil, faultf(path, "%w: not a safetensors file: its header would have %d bytes", ErrCorrupt, n)
	}
	if n > uint64(len(rest)) {
		return nil, nil, faultf(path, "%w: the file is cut short: its header has %d bytes, %d are there", ErrCorrupt, n, len(rest)).advise(again)
	}
	return rest[:n], rest[n:], nil
}

// lfsFault says that a file is what Git shows of a large file it did not fetch.
func lfsFault(path string) error {
	return faultf(path, "%w: this is a Git LFS pointer, not the weights", ErrCorrupt).
		advise("fetch the file itself, with: git lfs pull")
}

// parseHeaderEntry reads what the header says of one tensor.
func parseHeaderEntry(path, name string, raw json.RawMessage, body []byte) (entry, span, error) {
	fail := func(format string, args ...any) (entry, span, error) {
		return entry{}, span{}, tensorFaultf(path, name, format, args...)
	}
	var h headerEntry
	if err := json.Unmarshal(raw, &h); err != nil {
		return fail("%w: header: %v", ErrCorrupt, err)
	}
	if h.DType == nil || h.Shape == nil || h.Offsets == nil || len(*h.Offsets) != 2 {
		return fail("%w: the header lacks its dtype, shape or data_offsets", ErrCorrupt)
	}
	size, ok := safetensorsSizes[*h.DType]
	if !ok {
		return fail("%w: dtype %q", ErrUnsupported, *h.DType)
	}
	s := span{name, (*h.Offsets)[0], (*h.Offsets)[1]}
	if s.begin < 0 || s.end < s.begin {
		return fail("%w: data_offsets %d to %d", ErrCorrupt, s.begin, s.end)
	}
	if s.end > int64(len(body)) {
		return entry{}, span{}, tensorFaultf(path, name, "%w: the file is cut short: data to byte %d, %d are there", ErrCorrupt, s.end, len(body)).advise(again)
	}
	n, ok := elementsWithin(*h.Shape, len(body)/size)
	if !ok || int64(n)*int64(size) != s.end-s.begin {
		return fail("%w: shape %v of %s does not have the %d bytes of its data_offsets", ErrCorrupt, *h.Shape, *h.DType, s.end-s.begin)
	}
	return entry{file: path, dtype: *h.DType, shape: *h.Shape, data: body[s.begin:s.end:s.end]}, s, nil
}

// span is where a tensor lies, bytes from the end of the header.
type span struct {
	name       string
	begin, end int64
}

// checkSpans says where spans overlap, leave holes, or do not reach the end.
func checkSpans(path string, spans []span, size int64) error {
	slices.SortFunc(spans, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end), cmp.Compare(a.name, b.name))
	})
	var at int64
	for i, s := range spans {
		if s.begin < at {
			return tensorFaultf(path, s.name, "%w: its data overlaps that of %s", ErrCorrupt, spans[i-1].name)
		}
		if s.begin > at {
			return tensorFaultf(path, s.name, "%w: %d bytes before its data belong to no tensor", ErrCorrupt, s.begin-at)
		}
		at = s.end
	}
	if at != size {
		return faultf(path, "%w: %d bytes at the end belong to no tensor", ErrCorrupt, size-at)
	}
	return nil
}

// eachMember calls fn for the members of the JSON object in data, in order. A
// name that comes twice is ErrCorrupt, which json.Unmarshal would not notice.
func eachMember(path string, data []byte, fn func(name string, raw json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return faultf(path, "%w: the header is not a JSON object", ErrCorrupt)
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return headerFault(path, err)
		}
		name := t.(string) // the decoder lets nothing else stand for a name
		if seen[name] {
			return tensorFaultf(path, name, "%w: it is listed twice", ErrCorrupt)
		}
		seen[name] = true
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return headerFault(path, err)
		}
		if err := fn(name, raw); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return headerFault(path, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return faultf(path, "%w: something follows the header's JSON object", ErrCorrupt)
	}
	return nil
}

// headerFault wraps an error of the JSON decoder.
func headerFault(path string, err error) error {
	return &Error{Path: path, Err: fmt.Errorf("%w: header: %v", ErrCorrupt, err)}
}
