package cli

import (
	"os"
	"path/filepath"

	"clipsearch/encode/checkpoint"
	"clipsearch/internal/report"
)

// places are the folders and files that the environment names.
type places struct {
	library string            // the default library file
	cache   string            // $XDG_CACHE_HOME/clipsearch; disposable
	models  checkpoint.Places // where named checkpoints are
	reports string            // saved reports, a folder each
}

// findPlaces reads the environment by the XDG base directory specification 0.8, which says to ignore a relative path.
func findPlaces(process Process) places {
	getenv := process.Getenv
	home := getenv("HOME")
	if home == "" {
		home = os.TempDir()
	}
	base := func(name string, fallback ...string) string {
		if dir := getenv(name); filepath.IsAbs(dir) {
			return filepath.Join(dir, "clipsearch")
		}
		return filepath.Join(home, filepath.Join(fallback...), "clipsearch")
	}
	p := places{library: getenv("CLIPSEARCH_LIBRARY"), cache: base("XDG_CACHE_HOME", ".cache"), models: checkpoint.PlacesFrom(getenv, home)}
	p.models.Carried = process.Model
	data := base("XDG_DATA_HOME", ".local", "share")
	p.reports = report.Folder(data)
	if p.library == "" {
		p.library = filepath.Join(data, "library.clipsearch")
	}
	return p
}

// libraryPath returns the library that the flag names, else the environment's.
func (p places) libraryPath(flag string) string {
	if flag != "" {
		return flag
	}
	return p.library
}

// cacheOf returns the folder of what is derived from a library.
func (p places) cacheOf(libraryID string) string { return filepath.Join(p.cache, libraryID) }

// textFolder is the folder of the caption index in that of a library.
const textFolder = "text"

// textCache returns the folder of a library's caption index.
func (p places) textCache(libraryID string) string {
	return filepath.Join(p.cacheOf(libraryID), textFolder)
}

// jobsFile returns the file in which serve keeps the work that was asked for on a library's page and is not over.
func (p places) jobsFile(libraryID string) string {
	return filepath.Join(p.cacheOf(libraryID), "jobs.json")
}

// scaledCache returns the folder of thumbnails larger than a library's own.
func (p places) scaledCache(libraryID string) string {
	return filepath.Join(p.cacheOf(libraryID), "scaled")
}
