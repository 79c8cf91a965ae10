package imgio

import (
	"bytes"
	"compress/zlib"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// holiday is an EXIF block with everything that Metadata takes from one.
func holiday() []byte {
	return exif(
		[]entry{{tagDescription, "a dog on\nthe beach "}, {0x10f, "Canon"}, {0x110, "Canon EOS 5D"}},
		[]entry{{0x9003, "2019:05:01 12:30:45"}, {0x9011, "+02:00"}},
		[]entry{{1, "S"}, {2, []uint32{33, 1, 30, 1, 0, 1}}, {3, "W"}, {4, []uint32{70, 1, 15, 1, 36, 1}}},
	)
}

var holidayMetadata = Metadata{
	Taken:        time.Date(2019, 5, 1, 12, 30, 45, 0, time.FixedZone("", 2*60*60)),
	Camera:       "Canon EOS 5D",
	Latitude:     -33.5,
	Longitude:    -70.26,
	HasGPS:       true,
	Descriptions: []string{"a dog on the beach"},
}

// iptcBlock builds an APP13 body of the given data sets of record 2, in UTF-8 if declared.
func iptcBlock(declared bool, sets ...[2]string) []byte {
	var iim []byte
	add := func(record, set byte, value string) {
		iim = append(iim, 0x1c, record, set, byte(len(value)>>8), byte(len(value)))
		iim = append(iim, value...)
	}
	if declared {
		add(1, 90, "\x1b%G")
	}
	for _, s := range sets {
		add(2, s[0][0], s[1])
	}
	if len(iim)%2 == 1 {
		iim = append(iim, 0)
	}
	head := append([]byte("Photoshop 3.0\x008BIM\x04\x04\x00\x00"), 0, 0, byte(len(iim)>>8), byte(len(iim)))
	return append(head, iim...)
}

const (
	iptcCaption = "\x78" // 2:120
	iptcKeyword = "\x19" // 2:25
	iptcCity    = "\x5a" // 2:90
	iptcPart    = "\x5c" // 2:92
	iptcState   = "\x5f" // 2:95
	iptcCountry = "\x65" // 2:101
)

// placePacket names a place, and one that is shown in the picture, which is another thing.
const placePacket = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:core="http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/" xmlns:other="http://example.org/"
 photoshop:City="Łódź" photoshop:Country="Polska" other:State="none"><core:Location>Księży Młyn</core:Location></rdf:Description></rdf:RDF></x:xmpmeta>`

const packet = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmp:CreateDate="2001-02-03T04:05:06+09:00">
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">A café at night</rdf:li><rdf:li xml:lang="de">Ein Café bei Nacht</rdf:li></rdf:Alt></dc:description>
<dc:subject><rdf:Bag><rdf:li>night</rdf:li><rdf:li>Paris</rdf:li></rdf:Bag></dc:subject>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`

var packetMetadata = Metadata{
	Taken:        time.Date(2001, 2, 3, 4, 5, 6, 0, time.FixedZone("", 9*60*60)),
	Descriptions: []string{"A café at night", "Ein Café bei Nacht"},
	Keywords:     []string{"night", "Paris"},
}

func TestReadMetadata(t *testing.T) {
	jpg, pic := asJPEG(t, quarters(48, 32, false)), asPNG(t, quarters(48, 32, false))
	webp := testdata(t, "lossy.webp")
	text := func(compressed bool) []byte {
		head := "XML:com.adobe.xmp\x00\x00\x00\x00\x00"
		if !compressed {
			return []byte(head + packet)
		}
		var b bytes.Buffer
		b.WriteString("XML:com.adobe.xmp\x00\x01\x00en\x00\x00")
		z := zlib.NewWriter(&b)
		_, _ = z.Write([]byte(packet))
		_ = z.Close()
		return b.Bytes()
	}
	described := func(s string) []byte {
		return jpegWithEXIF(jpg, exif([]entry{{tagDescription, s}, {0x10f, "NIKON CORPORATION"}, {0x110, "NIKON D70"}}, nil, nil))
	}
	tests := []struct {
		name string
		data []byte
		want Metadata
	}{
		{"nothing", jpg, Metadata{}},
		{"gif", asGIF(t, quarters(8, 8, false)), Metadata{}},
		{"exif in jpeg", jpegWithEXIF(jpg, holiday()), holidayMetadata},
		{"exif in png", withChunk(pic, "eXIf", holiday()), holidayMetadata},
		{"exif in webp", webpWith(webp, 48, 32, 1<<3, chunk("EXIF", holiday())), holidayMetadata},
		{"exif in tiff", holiday(), holidayMetadata},
		{"exif in heic", testdata(t, "quarters.heic"), Metadata{Camera: "Kodak", Descriptions: []string{"four quarters"}}},
		{"exif in avif", testdata(t, "quarters.avif"), Metadata{Camera: "Kodak", Descriptions: []string{"four quarters"}}},
		{"xmp in jpeg", withSegment(jpg, 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"), []byte(packet)), packetMetadata},
		{"xmp in png", withChunk(pic, "iTXt", text(false)), packetMetadata},
		{"xmp in png, compressed", withChunk(pic, "iTXt", text(true)), packetMetadata},
		{"xmp in webp", webpWith(webp, 48, 32, 1<<2, chunk("XMP ", []byte(packet))), packetMetadata},
		{
			"iptc",
			withSegment(jpg, 0xed, iptcBlock(true, [2]string{iptcCaption, "Ein schöner Tag"}, [2]string{iptcKeyword, "Tag"}, [2]string{iptcKeyword, "schön"})),
			Metadata{Descriptions: []string{"Ein schöner Tag"}, Keywords: []string{"Tag", "schön"}},
		},
		{
			"iptc in undeclared UTF-8",
			withSegment(jpg, 0xed, iptcBlock(false, [2]string{iptcCaption, "Ein schöner Tag"})),
			Metadata{Descriptions: []string{"Ein schöner Tag"}},
		},
		{
			"iptc in Latin 1",
			withSegment(jpg, 0xed, iptcBlock(false, [2]string{iptcCaption, "Ein sch\xf6ner Tag"})),
			Metadata{Descriptions: []string{"Ein schöner Tag"}},
		},
		{
			"place in iptc",
			withSegment(jpg, 0xed, iptcBlock(true, [2]string{iptcCity, "Zürich"}, [2]string{iptcPart, "Niederdorf"}, [2]string{iptcState, "Zürich"}, [2]string{iptcCountry, "Schweiz "})),
			Metadata{Place: "Niederdorf, Zürich, Schweiz"},
		},
		{
			"place in xmp",
			withSegment(jpg, 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"), []byte(placePacket)),
			Metadata{Place: "Księży Młyn, Łódź, Polska"},
		},
		{
			"all three, said twice",
			withSegment(withSegment(jpegWithEXIF(jpg, holiday()), 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"), []byte(packet)),
				0xed, iptcBlock(true, [2]string{iptcCaption, "A  Dog on the beach"}, [2]string{iptcKeyword, "paris"})),
			Metadata{
				Taken: holidayMetadata.Taken, Camera: "Canon EOS 5D", Latitude: -33.5, Longitude: -70.26, HasGPS: true,
				Descriptions: []string{"A Dog on the beach", "A café at night", "Ein Café bei Nacht"},
				Keywords:     []string{"paris", "night"},
			},
		},
		{
			"broken exif, whole xmp",
			withSegment(jpegWithEXIF(jpg, []byte("MM\x00*\x00\x00\x00\x08\x00\x05\xff\xff")), 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"), []byte(packet)),
			packetMetadata,
		},
		{"broken xmp, whole exif", withSegment(jpegWithEXIF(jpg, holiday()), 0xe1, []byte("http://ns.adobe.com/xap/1.0/\x00"), []byte(packet[:300])), holidayMetadata},
		{"Olympus", described("OLYMPUS DIGITAL CAMERA         "), Metadata{Camera: "NIKON D70"}},
		{"Sony", described("SONY DSC"), Metadata{Camera: "NIKON D70"}},
		{"camera's name", described("Nikon D70"), Metadata{Camera: "NIKON D70"}},
		{"numbers", described("20190501 - 17"), Metadata{Camera: "NIKON D70"}},
		{"blank", described("   "), Metadata{Camera: "NIKON D70"}},
		{"Latin 1", described("caf\xe9"), Metadata{Camera: "NIKON D70", Descriptions: []string{"café"}}},
		{"UTF-8", described("café 日本"), Metadata{Camera: "NIKON D70", Descriptions: []string{"café 日本"}}},
		{
			"no zone, no place",
			jpegWithEXIF(jpg, exif([]entry{{0x10f, "Apple"}, {0x110, "iPhone 12"}}, []entry{{0x9003, "2020:12:31 23:59:59"}},
				[]entry{{1, "N"}, {2, []uint32{0, 1, 0, 1, 0, 1}}, {3, "E"}, {4, []uint32{0, 1, 0, 1, 0, 1}}})),
			Metadata{Taken: time.Date(2020, 12, 31, 23, 59, 59, 0, time.UTC), Camera: "Apple iPhone 12"},
		},
		{"clock never set", jpegWithEXIF(jpg, exif(nil, []entry{{0x9003, "0000:00:00 00:00:00"}}, nil)), Metadata{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ReadMetadata(tt.data)
			if err != nil {
				t.Fatal(err)
			}
			if d := got.Longitude - tt.want.Longitude; d > -1e-9 && d < 1e-9 {
				got.Longitude = tt.want.Longitude
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if _, offset := got.Taken.Zone(); !got.Taken.IsZero() {
				if _, want := tt.want.Taken.Zone(); offset != want {
					t.Errorf("taken at offset %d s, want %d", offset, want)
				}
			}
		})
	}
	for _, data := range [][]byte{nil, []byte("text")} {
		if _, err := ReadMetadata(data); !errors.Is(err, ErrEmpty) && !errors.Is(err, ErrUnsupported) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	paris := time.FixedZone("", 60*60)
	for _, tt := range []struct {
		s, offset string
		want      time.Time
	}{
		{"2019:05:01 12:30:45", "", time.Date(2019, 5, 1, 12, 30, 45, 0, time.UTC)},
		{"2019:05:01 12:30:45", "+01:00", time.Date(2019, 5, 1, 12, 30, 45, 0, paris)},
		{"2019:05:01 12:30:45", "Z", time.Date(2019, 5, 1, 12, 30, 45, 0, time.UTC)},
		{"2019:05:01 12:30:45", "garbage", time.Date(2019, 5, 1, 12, 30, 45, 0, time.UTC)},
		{"2019/05/01 12:30:45", "", time.Date(2019, 5, 1, 12, 30, 45, 0, time.UTC)},
		{"2019-05-01T12:30:45.25+01:00", "", time.Date(2019, 5, 1, 12, 30, 45, 250e6, paris)},
		{"2019-05-01T12:30", "", time.Date(2019, 5, 1, 12, 30, 0, 0, time.UTC)},
		{"2019-05-01", "", time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)},
		{"2019-05", "", time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)},
		{"1911", "", time.Date(1911, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"", "", time.Time{}},
		{"    :  :     :  :  ", "", time.Time{}},
		{"2019:13:01 12:30:45", "", time.Time{}},
		{"9999:01:01 00:00:00", "", time.Time{}},
	} {
		if got := parseTime(tt.s, tt.offset); !got.Equal(tt.want) {
			t.Errorf("parseTime(%q, %q) = %v, want %v", tt.s, tt.offset, got, tt.want)
		}
	}
}
