package imgio

import "strings"

// reason returns the message of a codec's error without the prefixes that name the codec again.
func reason(format string, err error) string {
	s := err.Error()
	for _, prefix := range []string{"invalid format: ", "unsupported feature: "} {
		s = strings.TrimPrefix(strings.TrimPrefix(s, format+": "), prefix)
	}
	return s
}
