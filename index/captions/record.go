package captions

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// record is an object with its fields' names in the form of the lists.
type record map[string]json.RawMessage

// fileName returns the picture's name, "" if no field holds one.
func (r record) fileName() (string, error) {
	for _, field := range fileNames {
		raw, ok := r[field]
		if !ok || string(raw) == "null" {
			continue
		}
		var name string
		if json.Unmarshal(raw, &name) != nil {
			return "", fmt.Errorf("the field %q is %s, not a file name", field, shown(string(raw)))
		}
		if name = strings.TrimSpace(name); name != "" {
			return name, nil
		}
	}
	return "", nil
}

// text returns the first of the fields that is a string, "" if none is.
func (r record) text(fields []string) string {
	for _, field := range fields {
		var s string
		if raw, ok := r[field]; ok && json.Unmarshal(raw, &s) == nil {
			return s
		}
	}
	return ""
}

// keys lists the fields for a message.
func (r record) keys() string {
	names := make([]string, 0, len(r))
	for name := range r {
		names = append(names, name)
	}
	slices.Sort(names)
	return shown(strings.Join(names, ", "))
}

// textsOf returns the texts of a field: a string, a list of strings, or a list of objects as in Karpathy's files. null
// and an empty list are one empty text.
func textsOf(raw json.RawMessage) ([]string, error) {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		list = []json.RawMessage{raw}
	}
	if len(list) == 0 {
		return []string{""}, nil
	}
	texts := make([]string, len(list))
	for i, item := range list {
		if json.Unmarshal(item, &texts[i]) == nil {
			continue
		}
		var sentence struct {
			Raw, Caption, Text, Sentence string
			Tokens                       []string
		}
		if err := json.Unmarshal(item, &sentence); err != nil {
			return nil, fmt.Errorf("%s, not text", shown(string(item)))
		}
		texts[i] = cmp.Or(sentence.Raw, sentence.Caption, sentence.Text, sentence.Sentence, strings.Join(sentence.Tokens, " "))
	}
	return texts, nil
}
