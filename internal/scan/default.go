package scan

import "strings"

// skippedByDefault reports whether a name belongs to a hidden file or folder ("." first, which takes in macOS's "._*"
// and ".DS_Store"), or to what systems and network drives put between pictures: thumbnails, waste bins, snapshots.
// No pattern brings them back: "!*", which people write to take all pictures, would bring back the bins, too.
func skippedByDefault(name string) bool {
	if strings.HasPrefix(name, ".") {
		return true
	}
	switch strings.ToLower(name) {
	case "thumbs.db", "$recycle.bin", "recycler", "system volume information", // Windows
		"lost+found", "__macosx",
		"@eadir", "#recycle", "#snapshot", // Synology
		"@recycle", "@recently-snapshot", // QNAP
		"~snapshot": // NetApp
		return true
	}
	return false
}
