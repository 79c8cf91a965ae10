//go:build !native

package assets

import "io/fs"

// Model returns the files of the model that the program carries; nil, since a program without the native backend has no
// use for one.
func Model() fs.FS { return nil }
