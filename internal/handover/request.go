package handover

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// protocol is the version of what the frames mean. The frames themselves and this number's place in the request never
// change, so that two programs can tell each other that they differ.
const protocol = 1

// Request is a command to run for another process.
type Request struct {
	Version string            // of the client's program; the host's must be the same
	Args    []string          // the command line without the program's name; bytes, not only UTF-8
	Dir     string            // the client's working directory, absolute
	Env     map[string]string // of the client, as far as the command may ask for it
	Stdout  int               // columns if the client's stdout is a terminal, else 0
	Stderr  int
}

// message is a Request as it travels: strings that need not be UTF-8 are bytes, which JSON has as base64.
type message struct {
	Protocol int               `json:"protocol"`
	Version  string            `json:"version"`
	Args     [][]byte          `json:"args"`
	Dir      []byte            `json:"dir"`
	Env      map[string][]byte `json:"env,omitempty"`
	Stdout   int               `json:"stdout,omitempty"`
	Stderr   int               `json:"stderr,omitempty"`
}

// maxColumns is wider than any terminal; a program fills its lines with blanks.
const maxColumns = 10_000

// maxVersion is longer than any program's version, in bytes; it is repeated in messages.
const maxVersion = 100

// exit is how a command ended.
type exit struct {
	Code int `json:"code"`
}

// encode returns the request's payload.
func (r Request) encode() ([]byte, error) {
	m := message{Protocol: protocol, Version: r.Version, Dir: []byte(r.Dir), Stdout: r.Stdout, Stderr: r.Stderr, Env: map[string][]byte{}}
	for _, arg := range r.Args {
		m.Args = append(m.Args, []byte(arg))
	}
	for name, value := range r.Env {
		m.Env[name] = []byte(value)
	}
	payload, err := json.Marshal(m)
	if err == nil && len(payload) > maxRequest {
		err = fmt.Errorf("the command line is too long to hand over: %d bytes", len(payload))
	}
	return payload, err
}

// decodeRequest reads a payload. The error is for the client's user.
func decodeRequest(payload []byte) (Request, error) {
	var head struct {
		Protocol int    `json:"protocol"`
		Version  string `json:"version"`
	}
	if err := json.Unmarshal(payload, &head); err != nil {
		return Request{}, errors.New("malformed request")
	}
	if head.Protocol != protocol {
		return Request{}, errors.New("it is another version of clipsearch")
	}
	var m message
	decoder := json.NewDecoder(bytes.NewReader(payload))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil || decoder.Decode(new(any)) != io.EOF {
		return Request{}, errors.New("malformed request")
	}
	r := Request{Version: m.Version, Dir: string(m.Dir), Stdout: m.Stdout, Stderr: m.Stderr, Env: map[string]string{}}
	for _, arg := range m.Args {
		r.Args = append(r.Args, string(arg))
	}
	for name, value := range m.Env {
		r.Env[name] = string(value)
	}
	return r, r.check()
}

// check refuses what no client of ours sends.
func (r Request) check() error {
	hasNUL := func(s string) bool { return slices.Contains([]byte(s), 0) }
	switch {
	case len(r.Version) > maxVersion:
		return errors.New("malformed request: no version is that long")
	case len(r.Args) == 0:
		return errors.New("malformed request: no command")
	case len(r.Dir) == 0 || r.Dir[0] != '/':
		return errors.New("malformed request: no folder")
	case hasNUL(r.Dir) || slices.ContainsFunc(r.Args, hasNUL):
		return errors.New("malformed request: a NUL byte")
	case min(r.Stdout, r.Stderr) < 0 || max(r.Stdout, r.Stderr) > maxColumns:
		return errors.New("malformed request: no terminal is that wide")
	}
	return nil
}
