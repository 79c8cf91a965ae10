package exchange

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"clipsearch/index/store"
	"clipsearch/internal/npy"
	"clipsearch/internal/progress"
)

// ExportArchive writes the folder that [Export] makes as a ZIP archive to w while it reads the library. Only the vectors wait in
// a file in the folder scratch ("" is the system's for temporary files) until the documents are written: their number comes
// first. It returns the number of documents; after an error the archive has no end, so that nobody takes it for whole.
func ExportArchive(ctx context.Context, st *store.Store, w io.Writer, scratch string, meter *progress.Meter) (n int, err error) {
	dir, err := os.MkdirTemp(scratch, "clipsearch-export-")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	archive := zip.NewWriter(w)
	n, err = exportArchive(ctx, st, archive, filepath.Join(dir, vectorsName), meter)
	if err != nil {
		return 0, fmt.Errorf("export: %w", err)
	}
	return n, archive.Close()
}

// exportArchive writes the three files; scratch is where the vectors wait.
func exportArchive(ctx context.Context, st *store.Store, archive *zip.Writer, scratch string, meter *progress.Meter) (int, error) {
	head, err := newHead(st)
	if err != nil {
		return 0, err
	}
	file, err := archive.Create(libraryName)
	if err == nil {
		_, err = file.Write(head)
	}
	if err != nil {
		return 0, err
	}
	vectors, err := npy.Create(scratch, exportedDims(st), npy.F16)
	if err != nil {
		return 0, err
	}
	documents, err := archive.Create(documentsName)
	if err != nil {
		return 0, errors.Join(err, vectors.Close())
	}
	n, err := exportDocuments(ctx, st, documents, vectors, meter)
	if err := errors.Join(err, vectors.Close()); err != nil {
		return 0, err
	}
	return n, addStored(archive, vectorsName, scratch)
}

// addStored adds a file as it is: half precision does not get smaller.
func addStored(archive *zip.Writer, name, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() // only read
	entry, err := archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = io.Copy(entry, file)
	return err
}
