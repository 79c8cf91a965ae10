package scan

import "strings"

// class is a set of bytes.
type class [4]uint64

func (c *class) add(b byte)      { c[b>>6] |= 1 << (b & 63) }
func (c *class) has(b byte) bool { return c[b>>6]>>(b&63)&1 != 0 }

// complement returns the other bytes; of the empty class, all. "/" is in none.
func (c class) complement() class {
	for i := range c {
		c[i] = ^c[i]
	}
	return c.withoutSlash()
}

func (c class) withoutSlash() class {
	c['/'>>6] &^= 1 << ('/' & 63)
	return c
}

// parseClass reads the class at the start of pattern, which is "[", and returns how many bytes it takes. The rules are
// those of git/wildmatch.c: "]" first is a member, "!" or "^" first complements, "\" quotes, "-" first or last is itself.
func parseClass(pattern string) (class, int, error) {
	var set class
	i := 1
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	var last byte // member that a range may start at; 0: none
	for first := true; ; first = false {
		if i >= len(pattern) {
			return set, 0, errMalformed
		}
		c := pattern[i]
		switch {
		case c == ']' && !first:
			if negated {
				return set.complement(), i + 1, nil
			}
			return set.withoutSlash(), i + 1, nil
		case c == '-' && last != 0 && i+1 < len(pattern) && pattern[i+1] != ']':
			to, n, err := member(pattern[i+1:])
			if err != nil {
				return set, 0, err
			}
			for b := int(last); b <= int(to); b++ {
				set.add(byte(b))
			}
			last, i = 0, i+1+n
		case strings.HasPrefix(pattern[i:], "[:"):
			n, err := set.addNamed(pattern[i:])
			if err != nil {
				return set, 0, err
			}
			last, i = 0, i+n
			if n == 1 {
				last = '['
			}
		default:
			b, n, err := member(pattern[i:])
			if err != nil {
				return set, 0, err
			}
			set.add(b)
			last, i = b, i+n
		}
	}
}

// member reads one byte of a class, which a backslash may quote.
func member(text string) (b byte, n int, err error) {
	if text[0] != '\\' {
		return text[0], 1, nil
	}
	if len(text) < 2 {
		return 0, 0, errMalformed
	}
	return text[1], 2, nil
}

// addNamed adds the bytes of "[:name:]" at the start of text and returns its length. What only begins like one is a
// bracket.
func (c *class) addNamed(text string) (int, error) {
	end := strings.IndexByte(text[2:], ']')
	if end < 0 {
		return 0, errMalformed
	}
	name, ok := strings.CutSuffix(text[2:2+end], ":")
	if !ok {
		c.add('[')
		return 1, nil
	}
	is := named(name)
	if is == nil {
		return 0, errMalformed
	}
	for b := range 128 {
		if is(byte(b)) {
			c.add(byte(b))
		}
	}
	return 2 + end + 1, nil
}

// named returns the test of a POSIX character class in ASCII, nil if there is none of that name.
func named(name string) func(b byte) bool {
	within := func(low, high byte) func(byte) bool { return func(b byte) bool { return low <= b && b <= high } }
	either := func(tests ...func(byte) bool) func(byte) bool {
		return func(b byte) bool {
			for _, is := range tests {
				if is(b) {
					return true
				}
			}
			return false
		}
	}
	digit, lower, upper, graph := within('0', '9'), within('a', 'z'), within('A', 'Z'), within('!', '~')
	alnum := either(digit, lower, upper)
	switch name {
	case "alnum":
		return alnum
	case "alpha":
		return either(lower, upper)
	case "blank":
		return either(within(' ', ' '), within('\t', '\t'))
	case "cntrl":
		return either(within(0, 31), within(127, 127))
	case "digit":
		return digit
	case "graph":
		return graph
	case "lower":
		return lower
	case "print":
		return within(' ', '~')
	case "punct":
		return func(b byte) bool { return graph(b) && !alnum(b) }
	case "space":
		return either(within(' ', ' '), within('\t', '\r'))
	case "upper":
		return upper
	case "xdigit":
		return either(digit, within('a', 'f'), within('A', 'F'))
	}
	return nil
}
