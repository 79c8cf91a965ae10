package fit

import (
	"fmt"
	"strings"
)

// A Cut is a function whose body was taken out, with the compiler's first complaint about it.
type Cut struct {
	Function string `json:"function"`
	Reason   string `json:"reason"`
}

// enclosingFunction returns the function that holds a line, nil if none does.
func enclosingFunction(all []function, line int) *function {
	for i := range all {
		if all[i].first <= line && line <= all[i].last {
			return &all[i]
		}
	}
	return nil
}

// cutBodies returns source with the bodies of the given functions, which are in the order of the source,
// replaced by a throw. A function of gotch's C interface hands the exception over as torch_last_err, as
// gotch's own do, and returns zero; a C++ helper lets it pass to the wrapper that called it.
func cutBodies(source string, cut []function, exported map[string]bool, torch Libtorch) string {
	var b strings.Builder
	at := 0
	for _, f := range cut {
		b.WriteString(source[at:f.open])
		b.WriteString(throwBody(f, exported[f.name], torch))
		at = f.close + 1
	}
	b.WriteString(source[at:])
	return b.String()
}

func throwBody(f function, exported bool, torch Libtorch) string {
	throw := fmt.Sprintf(`throw std::runtime_error("%s: libtorch %s lacks what it needs");`, f.name, torch.Version)
	switch {
	case !exported:
		return "{\n  " + throw + "\n}"
	case f.void:
		return "{\n  PROTECT(" + throw + ")\n}"
	default:
		return "{\n  PROTECT(" + throw + ")\n  return {};\n}"
	}
}
