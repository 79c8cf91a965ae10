package imgio

import (
	"path/filepath"
	"strings"
)

// PictureExtension reports whether path ends like a picture's name, in any case. Both builds answer alike, so
// that a pure build says of a HEIC file what it lacks instead of passing it over.
func PictureExtension(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".heic", ".heif", ".avif":
		return true
	}
	return false
}
