package assets

import (
	"embed"
	"io/fs"
)

//go:embed static
var static embed.FS

// Static returns the files of the web pages: one style sheet, one script and the pictures they use, by name ("app.css").
func Static() fs.FS {
	files, err := fs.Sub(static, "static")
	if err != nil {
		panic(err) // the name is a valid path: this cannot happen
	}
	return files
}
