package ui

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"clipsearch/index/store"
)

// enlarger stands for a scaler: its picture says what was asked for.
type enlarger struct{}

func (enlarger) Scale(_ context.Context, key string, long int, read func() ([]byte, error)) ([]byte, error) {
	data, err := read()
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, errors.New("an empty file")
	}
	return fmt.Appendf(nil, "%s at %d", key[:4], long), nil
}

func TestScaledThumbnails(t *testing.T) {
	g := newGallery(t)
	g.scaler = enlarger{}
	g.serve(&pictureEncoder{})
	d, err := g.store.Document(1)
	if err != nil {
		t.Fatal(err)
	}
	hash := fmt.Sprintf("%x", d.Hash)
	address := thumbAddress(d)
	response, body := g.get(address + "&s=768")
	if body != hash[:4]+" at 768" || !strings.Contains(response.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%q, %v", body, response.Header)
	}
	for _, other := range []string{"", "&s=0", "&s=99999", "&s=-1", "&s=x"} { // no other sizes
		if _, body := g.get(address + other); !strings.HasPrefix(body, "\xff\xd8") {
			t.Errorf("%s: not the library's thumbnail", other)
		}
	}
	if _, body := g.get("/thumb/" + idOf("2020/taken away.jpg") + "?s=768"); !strings.HasPrefix(body, "\xff\xd8") {
		t.Error("a picture whose file is gone is not shown by the library's thumbnail")
	}
	g.wants("/?q=sunset&mode=text", 200, `srcset="`+address+` 384w, `+address[:strings.Index(address, "?")]+"?v="+contentVersion(d)+`&amp;s=768 640w"`)
	for long, want := range map[int]string{256: address + " 256w, ", 512: address + " 512w, "} {
		if err := g.store.AddRoot(t.Context(), store.Root{Path: d.Root, Thumb: long}); err != nil {
			t.Fatal(err)
		}
		g.serve(&pictureEncoder{})
		g.wants("/?q=sunset&mode=text", 200, `srcset="`+want)
	}
}

// TestPicturesWithoutThumbnails shows pictures of which the library has none.
func TestPicturesWithoutThumbnails(t *testing.T) {
	g := newGallery(t)
	g.scaler = enlarger{}
	g.serve(&pictureEncoder{})
	path := filepath.Join(g.folder, "fresh.jpg")
	if err := os.WriteFile(path, []byte("a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := store.Document{Path: path, Root: g.folder, Format: "jpeg", Width: 640, Height: 480, Hash: [32]byte{9}}
	ids, err := g.store.Put(t.Context(), []store.Entry{{Document: d}})
	if err != nil {
		t.Fatal(err)
	}
	g.wants(fmt.Sprintf("/thumb/%d", ids[0]), 200, "0900 at 384")
}
