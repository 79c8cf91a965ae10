package text

import (
	"maps"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

// Fields of the index. Captions are in two: by their language, for ranking, and as
// typed, for phrases and beginnings of words.
const (
	captionPrefix = "caption_" // and the analyzer's name
	fieldTyped    = "typed"
	fieldName     = "name"
	fieldTag      = "tag"
	fieldCamera   = "camera"
	fieldPlace    = "place"
	fieldLengths  = "lengths" // stored only: see lengths
)

// Weights of the fields. Captions, tags and places describe the picture; names are as often
// a camera's count or a folder's history, so a word there is half the evidence.
const (
	weightCaption = 1.0
	weightTag     = 1.0
	weightName    = 0.5
	weightCamera  = 0.5
)

// Ways to index a field. Nothing but lengths is stored, and no field has doc values:
// texts come from the store.
const (
	ranked    = index.IndexField
	positions = index.IndexField | index.IncludeTermVectors
)

// fieldOptions returns how a field is indexed.
func fieldOptions(field string) index.FieldIndexingOptions {
	if strings.HasPrefix(field, captionPrefix) {
		return ranked
	}
	return positions
}

// weightOf returns the weight of a field.
func weightOf(field string) float64 {
	switch {
	case field == fieldTag:
		return weightTag
	case field == fieldName:
		return weightName
	case field == fieldCamera:
		return weightCamera
	}
	return weightCaption
}

// analyzer returns the analyzer of a field.
func (a *analyzers) analyzer(field string) analysis.Analyzer {
	switch field {
	case fieldTyped, fieldCamera, fieldPlace:
		return a.plain
	case fieldName, fieldTag:
		return a.names
	}
	return a.captions[strings.TrimPrefix(field, captionPrefix)]
}

// fragment is one string of a document in one of its fields.
type fragment struct {
	field string
	value string
}

// Limits of what is searched, in bytes. No picture needs as much; what a damaged or
// hostile file brings must fit into memory, with all its terms.
const (
	maxText     = 64 << 10 // of one caption, as long as those of caption files may be
	maxDocument = 1 << 20
)

// texts returns what is indexed of a record.
func texts(rec *store.Record) []fragment {
	var out []fragment
	left := maxDocument
	add := func(value string, fields ...string) {
		value = value[:min(len(value), maxText, left)]
		left -= len(value)
		for _, field := range fields {
			out = append(out, fragment{field, value})
		}
	}
	add(nameText(&rec.Document), fieldName)
	for _, c := range rec.Captions {
		add(c.Text, captionPrefix+analyzerOf(c.Lang), fieldTyped)
	}
	for _, tag := range rec.Document.Tags {
		add(tag, fieldTag)
	}
	if rec.Document.Camera != "" {
		add(rec.Document.Camera, fieldCamera)
	}
	if rec.Document.Place != "" {
		add(rec.Document.Place, fieldPlace)
	}
	return out
}

// analyzed is a document ready for a batch.
type analyzed struct {
	document *document.Document
	lengths  lengths
}

// analyzeRecord analyses all texts of a record.
func (a *analyzers) analyzeRecord(rec *store.Record) analyzed {
	out := analyzed{document: document.NewDocument(key(rec.Document.ID)), lengths: lengths{}}
	fields := map[string]*indexed{}
	for _, t := range texts(rec) {
		f := fields[t.field]
		if f == nil {
			f = newIndexed(t.field)
			fields[t.field] = f
		}
		f.add(a.analyzer(t.field), t.value)
	}
	for _, field := range slices.Sorted(maps.Keys(fields)) {
		if f := fields[field]; f.length > 0 {
			out.document.AddField(f)
			out.lengths[field] = f.length
		}
	}
	stored := document.NewTextFieldWithIndexingOptions(fieldLengths, nil, out.lengths.encode(), index.StoreField)
	out.document.AddField(stored)
	return out
}
