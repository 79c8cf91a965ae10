package captions

import (
	"cmp"
	"encoding/json"
	"path"
	"slices"
	"strings"
)

// dataset is an object that describes a whole set: COCO's keeps captions apart from images, Karpathy's inside them.
type dataset struct {
	reader  *jsonReader
	images  map[string]setImage // by id
	pending []annotation        // of images that come later
}

type setImage struct{ name, split string }

// annotation is an entry of COCO's annotations.
type annotation struct {
	image string // id
	rec   record
	line  int
}

// read reads one of the set's lists.
func (d *dataset) read(list string) error {
	j := d.reader
	token, err := j.dec.Token()
	if err != nil {
		return j.failed(err)
	}
	if token != json.Delim('[') {
		return j.error(j.line(), "%q is not a list of objects", list)
	}
	return j.list(func(raw json.RawMessage, line int) error {
		rec, err := j.record(raw, line)
		if err != nil {
			return err
		}
		if list == "images" {
			return d.image(rec, line)
		}
		a := annotation{image: id(rec["image_id"]), rec: rec, line: line}
		if image, ok := d.images[a.image]; ok {
			return d.annotate(a, image)
		}
		d.pending = append(d.pending, a)
		return nil
	})
}

// image takes in an entry of images, with the captions inside it if there are any.
func (d *dataset) image(rec record, line int) error {
	j := d.reader
	name, err := setFileName(rec)
	if err != nil {
		return j.error(line, "%v", err)
	}
	if name == "" {
		return j.error(line, "an image without a file name; its fields are %s", rec.keys())
	}
	image := setImage{name: name, split: rec.text(splitNames)}
	if key := id(rec["id"]); key != "" {
		d.images[key] = image
	}
	for _, field := range j.kind.names {
		if _, ok := rec[field]; ok {
			j.file.Form = "Karpathy JSON"
			return j.addTexts(rec, Line{File: name, Lang: rec.text(langNames), Split: image.split, Line: line})
		}
	}
	return nil
}

// annotate adds the captions of an annotation.
func (d *dataset) annotate(a annotation, image setImage) error {
	d.reader.file.Form = "COCO JSON"
	return d.reader.addTexts(a.rec, Line{File: image.name, Lang: a.rec.text(langNames), Split: image.split, Line: a.line})
}

// finish adds the annotations that came before their images.
func (d *dataset) finish() error {
	j := d.reader
	for _, a := range d.pending {
		image, ok := d.images[a.image]
		if !ok {
			return j.error(a.line, "an annotation of image_id %s, which is the id of no image", shown(a.image))
		}
		if err := d.annotate(a, image); err != nil {
			return err
		}
	}
	if len(d.pending) > 0 {
		slices.SortStableFunc(j.file.Lines, func(a, b Line) int { return cmp.Compare(a.Line, b.Line) })
	}
	return nil
}

// setFileName returns the name of an image of a set. Karpathy's COCO file has its folder apart.
func setFileName(rec record) (string, error) {
	folder, name := rec.text([]string{"filepath"}), rec.text([]string{"filename"})
	if folder != "" && name != "" && path.Base(folder) != name {
		return path.Join(folder, name), nil
	}
	if name != "" {
		return strings.TrimSpace(name), nil
	}
	return rec.fileName()
}

// id returns an id, a number or a string, as text.
func id(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}
