package tune

import "encoding/binary"

// ValidationShare is the share of pictures that a run without a set to validate on holds back.
const ValidationShare = 0.1

// Split parts examples by their content, so that copies of a picture are on one side whatever their names, and so that a picture
// stays on its side when others come or go. share is that of held, about.
func Split(examples []Example, share float64) (train, held []Example) {
	for _, e := range examples {
		if float64(binary.BigEndian.Uint32(e.Hash[:])) < share*(1<<32) {
			held = append(held, e)
		} else {
			train = append(train, e)
		}
	}
	return train, held
}
