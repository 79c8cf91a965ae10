package store

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"
)

// The layout of each record, byte by byte, as doc/format.md describes it.
func TestRecordBytes(t *testing.T) {
	when := time.Unix(1700000000, 5).UTC()
	vector, err := encodeVector([]float32{3, -4}, 2)
	ok(t, err)
	for _, tc := range []struct {
		name    string
		payload []byte
		want    string
	}{
		{"document", encodeDocument(&Document{
			Path: "/p/a", Root: "/p", Size: 300, ModTime: when, Hash: [32]byte{0xab}, Format: "png", Width: 3, Height: 2,
			Taken: time.Unix(-1, 0), Camera: "C", Latitude: 1, Longitude: -2, HasGPS: true, Place: "P", Tags: []string{"x", ""}, Labels: []string{"x"}, Indexed: when,
		}), "03042f702f61" + "05022f70" + "06ac02" + "090680c49fd50c05" + "0b20ab" + zeros(31) + "0d03706e67" + "0e03" + "1002" +
			"13020100" + "150143" + "1710" + "000000000000f03f" + "00000000000000c0" + "190178" + "1900" + "1b0680c49fd50c05" + "1d0150" + "1f0178"},
		{"captions", encodeCaptions([]Caption{{Text: "ab", Source: "s", Lang: "de"}, {}}), "030b" + "03026162" + "050173" + "07026465" + "0300"},
		{"file", encodeFile(&Document{Size: 1, ModTime: when, Hash: [32]byte{1}}, true), "0201" + "050680c49fd50c05" + "072001" + zeros(31) + "0801"},
		{"vector", vector, "cd38" + "66ba"}, // 0.6, -0.8
		{"change", encodeChange(Change{Op: OpHide, ID: 300}), "0202" + "04ac02"},
		{"hidden", encodeHidden(when), "030680c49fd50c05"},
		{"skip", encodeSkip(Skip{Size: 1, ModTime: when, Reason: "r", Detail: "d", When: when}), "0201" + "050680c49fd50c05" + "070172" + "090164" + "0b0680c49fd50c05"},
		{"root", encodeRoot(Root{Added: when, Scanned: when, Excludes: []string{"e"}, Captions: []string{"c"}, Labels: []string{"l"}, Thumb: 256}), "030680c49fd50c05" + "050680c49fd50c05" + "070165" + "090163" + "0b016c" + "0c8002"},
		{"root without thumbnails", encodeRoot(Root{Thumb: NoThumb}), "0c01"},
		{"model", encodeModel(Model{ID: "m", Dir: "d", Dims: 512}), "03016d" + "050164" + "068004"},
		{"counters", encodeCounters(counters{id: 1, sequence: 128, pruned: 5}), "0201" + "048001" + "0605"},
		{"snapshot", encodeHead(head{SnapshotInfo{Version: 1, Sequence: 2, Bytes: 128}, 4, 5}), "0201" + "0402" + "068001" + "0804" + "0a05"},
		{"chunk key", chunkKey("ab", 1, 2), "616200" + "0000000000000001" + "0000000000000002"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			diff(t, "payload", tc.want, hex.EncodeToString(tc.payload))
		})
	}
	// CRC-32C of "log", the key, 01, the payload.
	diff(t, "record", "01"+"0202"+"0405"+"6d147553", hex.EncodeToString(seal(bucketLog, idKey(7), encodeChange(Change{Op: OpHide, ID: 5}))))
}

func zeros(n int) string { return hex.EncodeToString(make([]byte, n)) }

func TestUnseal(t *testing.T) {
	rec := seal(bucketDocuments, idKey(1), []byte("payload"))
	payload, err := unseal(bucketDocuments, idKey(1), rec)
	ok(t, err)
	diff(t, "payload", "payload", string(payload))
	_, err = unseal(bucketDocuments, idKey(2), rec)
	wantErr(t, err, ErrCorrupt)
	_, err = unseal(bucketCaptions, idKey(1), rec)
	wantErr(t, err, ErrCorrupt)
	for i := range rec {
		bad := bytes.Clone(rec)
		bad[i] ^= 1
		_, err = unseal(bucketDocuments, idKey(1), bad)
		wantErr(t, err, ErrCorrupt)
		_, err = unseal(bucketDocuments, idKey(1), rec[:i])
		wantErr(t, err, ErrCorrupt)
	}
}

// fuzzDecoder checks that a decoder never panics, and that what it accepts is
// unchanged by encoding and decoding again.
func fuzzDecoder[T any](f *testing.F, decode func([]byte) (T, error), encode func(T) []byte, seeds ...T) {
	for _, s := range seeds {
		f.Add(encode(s))
	}
	f.Add([]byte{})
	f.Add([]byte{0x03, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, payload []byte) {
		value, err := decode(payload)
		if err != nil {
			return
		}
		first := encode(value)
		again, err := decode(first)
		ok(t, err)
		if second := encode(again); !bytes.Equal(first, second) {
			t.Errorf("%x becomes %x, then %x", payload, first, second)
		}
	})
}

func FuzzDecodeDocument(f *testing.F) {
	fuzzDecoder(f, func(b []byte) (Document, error) { return decodeDocument(1, b) },
		func(d Document) []byte { return encodeDocument(&d) },
		fullEntry("/a").Document, Document{Path: "/b"})
}

func FuzzDecodeCaptions(f *testing.F) {
	fuzzDecoder(f, decodeCaptions, encodeCaptions, fullEntry("/a").Captions, []Caption{{}})
}

func FuzzDecodeFile(f *testing.F) {
	fuzzDecoder(f, func(b []byte) (File, error) { return decodeFile(fileKey("/a", 1), b) },
		func(x File) []byte {
			return encodeFile(&Document{Size: x.Size, ModTime: x.ModTime, Hash: x.Hash}, x.HasVector)
		}, File{Size: 5, ModTime: time.Unix(9, 9), Hash: [32]byte{1}, HasVector: true})
}

func FuzzParseFileKey(f *testing.F) {
	f.Add(fileKey("/a", 1))
	f.Add([]byte("/a\x00\x00"))
	f.Fuzz(func(t *testing.T, key []byte) {
		path, id, err := parseFileKey(key)
		if err == nil && !bytes.Equal(fileKey(path, id), key) {
			t.Errorf("%x gives %q, %d", key, path, id)
		}
	})
}

func FuzzDecodeVector(f *testing.F) {
	f.Add([]byte{0, 0x3c, 0, 0})
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, payload []byte) {
		v, err := decodeVector(payload)
		if err == nil && len(v) != len(payload)/2 {
			t.Errorf("%d bytes give %d values", len(payload), len(v))
		}
	})
}

func FuzzDecodeChange(f *testing.F) {
	fuzzDecoder(f, func(b []byte) (Change, error) { return decodeChange(1, b) }, encodeChange, Change{Op: OpMove, ID: 5})
}

func FuzzDecodeHidden(f *testing.F) {
	fuzzDecoder(f, decodeHidden, encodeHidden, time.Unix(1, 2))
}

func FuzzDecodeSkip(f *testing.F) {
	fuzzDecoder(f, func(b []byte) (Skip, error) { return decodeSkip("/a", b) }, encodeSkip,
		Skip{Size: 1, ModTime: time.Unix(1, 2), Reason: "r", Detail: "d", When: time.Unix(3, 4)})
}

func FuzzDecodeRoot(f *testing.F) {
	fuzzDecoder(f, func(b []byte) (Root, error) { return decodeRoot("/a", b) }, encodeRoot,
		Root{Added: time.Unix(1, 2), Excludes: []string{"a", ""}, Captions: []string{"b"}, Labels: []string{"c"}, Thumb: NoThumb}, Root{Thumb: 512})
}

func FuzzDecodeModel(f *testing.F) {
	fuzzDecoder(f, decodeModel, encodeModel, Model{ID: "m", Dir: "d", Dims: 512})
}

func FuzzDecodeCounters(f *testing.F) {
	fuzzDecoder(f, decodeCounters, encodeCounters, counters{id: 1, sequence: 2, pruned: 1})
}

func FuzzDecodeHead(f *testing.F) {
	fuzzDecoder(f, decodeHead, encodeHead, head{SnapshotInfo{Version: 1, Sequence: 2, Bytes: 3}, 4, 5})
}

func FuzzParseChunkKey(f *testing.F) {
	f.Add(chunkKey("text", 1, 2))
	f.Add([]byte("a\x00\x00"))
	f.Fuzz(func(t *testing.T, key []byte) {
		name, generation, number, err := parseChunkKey(key)
		if err == nil && !bytes.Equal(chunkKey(name, generation, number), key) {
			t.Errorf("%x gives %q, %d, %d", key, name, generation, number)
		}
	})
}

// FuzzUnseal covers what every record passes through first.
func FuzzUnseal(f *testing.F) {
	f.Add(seal(bucketLog, idKey(1), []byte("x")))
	f.Add([]byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, rec []byte) {
		payload, err := unseal(bucketLog, idKey(1), rec)
		if err == nil && !bytes.Equal(seal(bucketLog, idKey(1), payload), rec) {
			t.Errorf("%x", rec)
		}
	})
}
