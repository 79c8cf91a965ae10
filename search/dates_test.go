package search

import (
	"errors"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	tests := []struct{ in, since, until string }{
		{"2019", "2019-01-01T00:00:00Z", "2020-01-01T00:00:00Z"},
		{"2020-02", "2020-02-01T00:00:00Z", "2020-03-01T00:00:00Z"},
		{"2020-02-29", "2020-02-29T00:00:00Z", "2020-03-01T00:00:00Z"},
		{"2020-12-31", "2020-12-31T00:00:00Z", "2021-01-01T00:00:00Z"},
		{"2020-02-29T10:00:00+02:00", "2020-02-29T08:00:00Z", "2020-02-29T08:00:01Z"},
	}
	for _, test := range tests {
		since, err := ParseSince(test.in)
		if err != nil || since.UTC().Format(time.RFC3339) != test.since {
			t.Errorf("since %s is %v, %v; want %s", test.in, since, err, test.since)
		}
		until, err := ParseUntil(test.in)
		if err != nil || until.UTC().Format(time.RFC3339) != test.until {
			t.Errorf("until %s is %v, %v; want %s", test.in, until, err, test.until)
		}
	}
	if since, err := ParseSince(""); !since.IsZero() || err != nil {
		t.Errorf("no date is %v, %v", since, err)
	}
	for _, bad := range []string{"yesterday", "2019-13", "2019-02-30", "19", "2019-05-01 10:00", "2019/05", "\x00"} {
		if _, err := ParseUntil(bad); !errors.Is(err, ErrBadQuery) {
			t.Errorf("until %q gives %v, want ErrBadQuery", bad, err)
		}
	}
}
