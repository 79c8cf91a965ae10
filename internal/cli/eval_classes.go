package cli

import (
	"path"
	"strings"

	"clipsearch/eval"
)

// Where labels come from besides label files.
const (
	classesFromFolders = "folders"
	classesFromNames   = "names"
)

// classOf returns the label that a picture's place or name gives it, "" if it gives none. name is as in eval.Picture: a
// path with slashes.
func classOf(classes, name string) string {
	if classes == classesFromFolders {
		folder := path.Base(path.Dir(name))
		return strings.Trim(folder, "./")
	}
	return classInName(strings.TrimSuffix(path.Base(name), path.Ext(name)))
}

// classInName returns what is left of a file name without the number that tells pictures of one class apart:
// "baseballfield_12" and "baseballfield12" are of the class "baseballfield", "00012" of none.
func classInName(name string) string {
	return strings.TrimRight(strings.TrimRight(name, "0123456789"), "_-. ")
}

// addClasses gives the pictures of a set the labels that their places or names give them.
func addClasses(classes string, set *eval.Set) {
	if classes == "" {
		return
	}
	for i := range set.Pictures {
		p := &set.Pictures[i]
		if class := classOf(classes, p.Name); class != "" {
			p.Labels = append(p.Labels, class)
		}
	}
}
