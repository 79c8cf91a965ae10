package cli

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// frozen returns which weights --freeze names: image, text or layers=N.
func frozen(parts []string) (func(name string) bool, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	var tests []func(name string) bool
	for _, part := range parts {
		switch n, numbered := strings.CutPrefix(part, "layers="); {
		case part == "image":
			tests = append(tests, func(name string) bool {
				return strings.HasPrefix(name, "vision_model.") || strings.HasPrefix(name, "visual_projection.")
			})
		case part == "text":
			tests = append(tests, func(name string) bool {
				return strings.HasPrefix(name, "text_model.") || strings.HasPrefix(name, "text_projection.")
			})
		case numbered:
			layers, err := strconv.Atoi(n)
			if err != nil || layers < 1 {
				return nil, fmt.Errorf("--freeze %q: layers=N with a number of blocks", part)
			}
			tests = append(tests, func(name string) bool { return depthOf(name) < layers })
		default:
			return nil, fmt.Errorf("--freeze %q: it is image, text or layers=N", part)
		}
	}
	return func(name string) bool {
		for _, test := range tests {
			if test(name) {
				return true
			}
		}
		return false
	}, nil
}

// depthOf returns the number of the block that a weight belongs to; -1 for what comes before the first one, a large number for
// what comes after the last.
func depthOf(name string) int {
	_, rest, inBlock := strings.Cut(name, ".encoder.layers.")
	if inBlock {
		number, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(number); err == nil {
			return n
		}
	}
	if strings.Contains(name, "embedding") || strings.Contains(name, "pre_layrnorm") {
		return -1
	}
	return math.MaxInt
}
