package encodetest

// rgb is a colour: red, green, blue, each in [0, 1].
type rgb [3]float64

// palette holds the colours that texts may name (grey is gray), after the CSS colours of these names (CSS Color Module Level 4).
var palette = [...]struct {
	name string
	rgb  rgb
}{
	{"red", rgb{1, 0, 0}},
	{"green", rgb{0, 1, 0}},
	{"blue", rgb{0, 0, 1}},
	{"yellow", rgb{1, 1, 0}},
	{"cyan", rgb{0, 1, 1}},
	{"magenta", rgb{1, 0, 1}},
	{"white", rgb{1, 1, 1}},
	{"black", rgb{0, 0, 0}},
	{"gray", rgb{0.5, 0.5, 0.5}},
	{"orange", rgb{1, 0.65, 0}},
	{"purple", rgb{0.5, 0, 0.5}},
	{"brown", rgb{0.55, 0.27, 0.07}},
}
