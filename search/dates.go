package search

import "time"

// dateLayouts are the dates a person may type, with what follows the last moment they mean.
var dateLayouts = []struct {
	layout string
	end    func(time.Time) time.Time
}{
	{"2006", func(t time.Time) time.Time { return t.AddDate(1, 0, 0) }},
	{"2006-01", func(t time.Time) time.Time { return t.AddDate(0, 1, 0) }},
	{"2006-01-02", func(t time.Time) time.Time { return t.AddDate(0, 0, 1) }},
	{time.RFC3339, func(t time.Time) time.Time { return t.Add(time.Second) }},
}

// ParseSince returns the first moment of a year, month, day or second, written 2006, 2006-01, 2006-01-02 or in RFC 3339:
// what Filter.Since takes. A date without a zone is in UTC, as cameras' clocks are stored. "" is the zero time;
// ErrBadQuery for anything else.
func ParseSince(s string) (time.Time, error) {
	since, _, err := parseDate(s)
	return since, err
}

// ParseUntil returns the first moment after such a date, so that it is included: what Filter.Until takes.
func ParseUntil(s string) (time.Time, error) {
	_, until, err := parseDate(s)
	return until, err
}

func parseDate(s string) (first, after time.Time, err error) {
	if s == "" {
		return first, after, nil
	}
	for _, d := range dateLayouts {
		if first, err = time.Parse(d.layout, s); err == nil {
			return first, d.end(first), nil
		}
	}
	return time.Time{}, time.Time{}, badQuery("%q is no date; write 2019, 2019-05, 2019-05-31 or 2019-05-31T10:00:00Z", s)
}
