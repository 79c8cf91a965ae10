package captions

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// jsonReader reads a stream of JSON values: objects one after another, lists of objects, or a data set as one object.
type jsonReader struct {
	file  *File
	kind  kind
	dec   *json.Decoder
	lines *lineCounter
}

func readJSON(f *File, in io.Reader, k kind) error {
	lines := &lineCounter{r: in}
	f.Form = "JSON"
	j := &jsonReader{file: f, kind: k, dec: json.NewDecoder(lines), lines: lines}
	for {
		token, err := j.dec.Token()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return j.failed(err)
		case token == json.Delim('['):
			err = j.list(func(raw json.RawMessage, line int) error {
				rec, err := j.record(raw, line)
				if err != nil {
					return err
				}
				return j.add(rec, line)
			})
		case token == json.Delim('{'):
			err = j.object()
		default:
			err = j.error(j.line(), "want an object, got %v", token)
		}
		if err != nil {
			return err
		}
	}
}

// object reads the rest of an object of the stream: a record, or a data set if it lists images or annotations.
func (j *jsonReader) object() error {
	line := j.line()
	rec := record{}
	var set *dataset
	for j.dec.More() {
		key, err := j.dec.Token()
		if err != nil {
			return j.failed(err)
		}
		name := fieldName(key.(string)) // a key is a string or Token fails
		if name == "images" || name == "annotations" {
			if set == nil {
				set = &dataset{reader: j, images: map[string]setImage{}}
			}
			if err := set.read(name); err != nil {
				return err
			}
			continue
		}
		var value json.RawMessage
		if err := j.dec.Decode(&value); err != nil {
			return j.failed(err)
		}
		rec[name] = value
	}
	if _, err := j.dec.Token(); err != nil {
		return j.failed(err)
	}
	if set != nil {
		return set.finish()
	}
	return j.add(rec, line)
}

// list reads the rest of a list and calls fn with each value and the line in which it begins.
func (j *jsonReader) list(fn func(raw json.RawMessage, line int) error) error {
	for j.dec.More() {
		var raw json.RawMessage
		if err := j.dec.Decode(&raw); err != nil {
			return j.failed(err)
		}
		if err := fn(raw, j.lines.at(j.dec.InputOffset()-int64(len(raw)))); err != nil {
			return err
		}
	}
	if _, err := j.dec.Token(); err != nil {
		return j.failed(err)
	}
	return nil
}

// add adds the captions of a record that names its file itself.
func (j *jsonReader) add(rec record, line int) error {
	name, err := rec.fileName()
	if err == nil && name == "" {
		err = fmt.Errorf("no file name among the fields %s", rec.keys())
	}
	if err != nil {
		return j.error(line, "%v", err)
	}
	return j.addTexts(rec, Line{File: name, Lang: rec.text(langNames), Split: rec.text(splitNames), Line: line})
}

// addTexts adds the captions in a record's own fields; if there is none, it counts as one empty caption.
func (j *jsonReader) addTexts(rec record, l Line) error {
	found := false
	for _, name := range j.kind.names {
		raw, ok := rec[name]
		if !ok {
			continue
		}
		texts, err := textsOf(raw)
		if err != nil {
			return j.error(l.Line, "the field %q of %s is %v", name, shown(l.File), err)
		}
		for _, l.Text = range texts {
			found = true
			j.file.add(l)
		}
	}
	if !found {
		j.file.Empty++
	}
	return nil
}

// record reads an object as a record.
func (j *jsonReader) record(raw json.RawMessage, line int) (record, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil || fields == nil {
		return nil, j.error(line, "want an object, got %s", shown(string(raw)))
	}
	rec := make(record, len(fields))
	for key, value := range fields {
		rec[fieldName(key)] = value
	}
	return rec, nil
}

func (j *jsonReader) line() int { return j.lines.at(j.dec.InputOffset()) }

func (j *jsonReader) error(line int, format string, args ...any) error {
	return &LineError{j.file.Path, line, fmt.Sprintf(format, args...)}
}

// failed turns an error of the decoder into one that names the line.
func (j *jsonReader) failed(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return j.error(j.line(), "the JSON ends in the middle")
	case errors.As(err, &syntax):
		return j.error(j.line(), "not valid JSON: %v", err)
	}
	return fmt.Errorf("read %s: %w", j.file.Path, err)
}
