package handover

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"testing"
)

// FuzzFrame feeds a reader of frames: what it takes is within the limits and writes back as it was.
func FuzzFrame(f *testing.F) {
	for _, seed := range []string{
		"", "r", "r\x00\x00\x00\x02{}", "1\x00\x00\x00\x05hello", "c\x00\x00\x00\x00", "b\x00\x00\x00\x01x", "1\xff\xff\xff\xff", "?\x00\x00\x00\x00",
		"1\x00\x00\x00\x09short", ".\x00\x00\x00\x00x\x00\x00\x00\x0a{\"code\":0}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReader(bytes.NewReader(data))
		var written bytes.Buffer
		for {
			kind, payload, err := readFrame(r)
			if err != nil {
				if !errors.Is(err, errFrame) && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("error %v", err)
				}
				break
			}
			if err := writeFrame(&written, kind, payload); err != nil {
				t.Errorf("what was read cannot be written: %v", err)
			}
		}
		if !bytes.HasPrefix(data, written.Bytes()) {
			t.Errorf("%q is read as %q", data, written.Bytes())
		}
	})
}

// FuzzRequest decodes foreign bytes: what is taken survives the way back.
func FuzzRequest(f *testing.F) {
	good, err := Request{Version: "v1", Args: []string{"search", "\xff"}, Dir: "/d", Env: map[string]string{"HOME": "/h"}, Stdout: 80}.encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{good, nil, []byte("{}"), []byte("[]"), []byte(`{"protocol":1,"args":["AA=="],"dir":"Lw=="}`), append(good, good...)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := decodeRequest(data)
		if err != nil {
			return
		}
		payload, err := r.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decodeRequest(payload); err != nil {
			t.Errorf("%q: what was taken is refused: %v", data, err)
		}
	})
}

func TestWriteFrameLimits(t *testing.T) {
	for k, n := range map[kind]int{frameStdout: maxOutput + 1, frameAlive: 1, frameRequest: maxRequest + 1, '?': 0} {
		if err := writeFrame(io.Discard, k, make([]byte, n)); !errors.Is(err, errFrame) {
			t.Errorf("%d bytes of kind %q: %v", n, byte(k), err)
		}
	}
}
