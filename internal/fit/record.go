package fit

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// A Record tells how a fitted copy came about. It lies in the copy as fit.json and is written last.
type Record struct {
	Libtorch  string `json:"libtorch"`  // version
	Standard  string `json:"standard"`  // C++ standard that the headers ask for, e.g. "c++17"
	Functions int    `json:"functions"` // of gotch's C interface, before cutting
	Cut       []Cut  `json:"cut"`       // sorted by function
	Passes    int    `json:"passes"`    // of the compiler, the last one clean
}

const recordName = "fit.json"

func readRecord(dir string) (Record, error) {
	var r Record
	data, err := os.ReadFile(filepath.Join(dir, recordName))
	if err != nil {
		return r, fmt.Errorf("fitted copy: %w", err)
	}
	if err := json.Unmarshal(data, &r); err != nil {
		return r, fmt.Errorf("fitted copy: %s: %w", recordName, err)
	}
	return r, nil
}

func writeRecord(dir string, r Record) error {
	data, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return fmt.Errorf("fitted copy: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, recordName), append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("fitted copy: %w", err)
	}
	return nil
}
