package checkpoint

import "fmt"

// ResolveID returns the directory of the model with that ID in the places;
// ErrNotFound if none has it. A model whose ID has been recorded (by Add, by a
// download) is known by that; only the others are opened, which reads their
// weights.
func ResolveID(id string, places Places) (dir string, err error) {
	found, err := List(places)
	if err != nil {
		return "", err
	}
	var unrecorded []Found
	for _, f := range found {
		if f.Source == Builtin {
			if f.Dir, err = places.builtin(); err != nil {
				return "", err
			}
		}
		switch recordedID(f.Dir) {
		case id:
			return f.Dir, nil
		case "":
			unrecorded = append(unrecorded, f)
		}
	}
	for _, f := range unrecorded {
		if opened, err := idOf(f.Dir); err == nil && opened == id { // one that cannot be opened is not the one
			return f.Dir, nil
		}
	}
	return "", fmt.Errorf("%w with the ID %s", ErrNotFound, id)
}

// recordedID returns the ID that was recorded for a directory's model, "" if none was.
func recordedID(dir string) string {
	record, err := readRecord(dir)
	if err != nil {
		return ""
	}
	return record.ID
}

// idOf opens a directory for its model's ID.
func idOf(dir string) (string, error) {
	c, err := Open(dir)
	if err != nil {
		return "", err
	}
	return c.ID, c.Close()
}
