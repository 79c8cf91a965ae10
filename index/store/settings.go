package store

import (
	"context"
	"time"
)

// Model is the identity of the dual encoder that made the library's vectors.
type Model struct {
	ID   string // fingerprint; "" if the library has no model
	Dir  string // where it was when last used
	Dims int    // length of a vector
}

// Root is a folder that was indexed, with the settings to index it again.
type Root struct {
	Path     string // absolute
	Added    time.Time
	Scanned  time.Time // end of the last complete run; zero: never
	Excludes []string  // patterns
	Captions []string  // caption files
	Labels   []string  // label files
}

// Model returns the library's model; the zero Model if there is none.
func (s *Store) Model() Model { panic("todo") }

// SetModel records the model of the vectors to come. ErrModel if vectors of a
// model with another ID are stored; the same ID with another Dir is an update.
func (s *Store) SetModel(ctx context.Context, m Model) error { panic("todo") }

// AddRoot records a folder, replacing what was recorded for the same path.
func (s *Store) AddRoot(ctx context.Context, r Root) error { panic("todo") }

// Roots returns the recorded folders in order of their paths.
func (s *Store) Roots() ([]Root, error) { panic("todo") }
