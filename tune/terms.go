package tune

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// differences returns the names of the terms that are not the same, sorted.
func (t Terms) differences(other Terms) []string {
	all := maps.Clone(t)
	if all == nil {
		all = Terms{}
	}
	maps.Copy(all, other)
	var names []string
	for name := range all {
		if t[name] != other[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// differences returns the names, as in JSON, of the fields that are not the same.
func (p Plan) differences(other Plan) []string {
	a, b := reflect.ValueOf(p), reflect.ValueOf(other)
	var names []string
	for i := range a.NumField() {
		if !a.Field(i).Equal(b.Field(i)) {
			name, _, _ := strings.Cut(a.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}
