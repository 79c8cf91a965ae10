package checkpoint

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"testing"
)

// pickler writes pickles of protocol 2 as torch.save does, but for memos.
type pickler struct{ bytes.Buffer }

func (p *pickler) op(b ...byte) { p.Write(b) }

func (p *pickler) text(s string) {
	p.op(opBinUnicode)
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(len(s))))
	p.WriteString(s)
}

func (p *pickler) int(n int) {
	p.op(opBinInt)
	p.Write(binary.LittleEndian.AppendUint32(nil, uint32(n)))
}

func (p *pickler) ints(ns []int) {
	p.op(opMark)
	for _, n := range ns {
		p.int(n)
	}
	p.op(opTuple)
}

func (p *pickler) global(g pyGlobal) { fmt.Fprintf(p, "%c%s\n%s\n", opGlobal, g.module, g.name) }

// tensor writes what stands for a tensor.
func (p *pickler) tensor(v pyTensor) {
	p.global(rebuildTensor)
	p.op(opMark)
	p.op(opMark)
	p.text("storage")
	for g, dtype := range storageTypes {
		if dtype == v.storage.dtype {
			p.global(g)
		}
	}
	p.text(v.storage.key)
	p.text("cpu")
	p.int(v.storage.count)
	p.op(opTuple, opBinPersID)
	p.int(v.offset)
	p.ints(v.shape)
	p.ints(v.strides)
	p.op(opNewFalse)
	p.global(orderedDict)
	p.op(opEmptyTuple, opReduce, opTuple, opReduce)
}

// pickleTable returns the pickle of a table of tensors.
func pickleTable(names []string, tensors []pyTensor) []byte {
	var p pickler
	p.op(opProto, 2, opEmptyDict, opMark)
	for i, name := range names {
		p.text(name)
		p.tensor(tensors[i])
	}
	p.op(opSetItems, opStop)
	return p.Bytes()
}

// torchArchive returns a zip archive of records that are not compressed.
func torchArchive(tb testing.TB, records map[string][]byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range sortedKeys(records) {
		data := records[name]
		w, err := z.CreateRaw(&zip.FileHeader{Name: "archive/" + name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(data),
			CompressedSize64: uint64(len(data)), UncompressedSize64: uint64(len(data))})
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// torchFile returns weights as torch.save writes them, each in a storage of its own.
func torchFile(tb testing.TB, weights []Tensor) []byte {
	tb.Helper()
	records := map[string][]byte{"version": []byte("3\n"), "byteorder": []byte("little")}
	var names []string
	var tensors []pyTensor
	for i, w := range weights {
		key := fmt.Sprint(i)
		records["data/"+key] = w.Data
		names = append(names, w.Name)
		tensors = append(tensors, pyTensor{pyStorage{w.DType.String(), key, w.Len()}, 0, w.Shape, rowMajorStrides(w.Shape)})
	}
	records["data.pkl"] = pickleTable(names, tensors)
	return torchArchive(tb, records)
}

// compressed returns an archive whose one record is compressed.
func compressed(tb testing.TB, name string, data []byte) []byte {
	tb.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("archive/" + name)
	if err == nil {
		_, err = io.Copy(w, bytes.NewReader(data))
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}
