package imgio

import (
	"strings"
	"time"
)

// taken returns when the picture was taken: EXIF's original time, else XMP's or that of its creation; zero if none
// is given or it cannot be.
func taken(t tags) time.Time {
	at := parseTime(t.exif.first("DateTimeOriginal"), t.exif.first("OffsetTimeOriginal"))
	for _, name := range []string{"DateTimeOriginal", "DateCreated", "CreateDate"} {
		if at.IsZero() {
			at = parseTime(t.xmp.first(name), "")
		}
	}
	return at
}

// parseTime reads a time as EXIF ("2006:01:02 15:04:05") and XMP (ISO 8601, cut after any part) write it. offset is
// "+02:00", "Z" or empty; with none of its own either, the time is given as UTC. Zero if it is no time between 1826,
// the year of the first photograph, and 2200.
func parseTime(s, offset string) time.Time {
	s = strings.TrimSpace(s)
	if len(s) >= 10 {
		date := strings.NewReplacer(":", "-", "/", "-", ".", "-").Replace(s[:10])
		s = date + strings.Replace(s[10:], " ", "T", 1)
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02", "2006-01", "2006"} {
		at, err := time.Parse(layout+"Z07:00", s+strings.TrimSpace(offset))
		if err != nil {
			at, err = time.Parse(layout+"Z07:00", s)
		}
		if err != nil {
			at, err = time.Parse(layout, s)
		}
		if err == nil {
			if at.Year() < 1826 || at.Year() > 2200 {
				return time.Time{}
			}
			return named(at)
		}
	}
	return time.Time{}
}

// named keeps a time's offset but not its name, which time.Parse takes from the machine where it knows one.
func named(at time.Time) time.Time {
	_, seconds := at.Zone()
	if seconds == 0 {
		return at.UTC()
	}
	return at.In(time.FixedZone("", seconds))
}
