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
	fieldLengths  = "lengths" // stored only: see lengths
)

// Weights of the fields. Captions and tags describe the picture; names are as often
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
	case fieldTyped, fieldCamera:
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

// texts returns what is indexed of a record.
func texts(rec *store.Record) []fragment {
	var out []fragment
	for _, c := range rec.Captions {
		out = append(out,
			fragment{captionPrefix + analyzerOf(c.Lang), c.Text},
			fragment{fieldTyped, c.Text})
	}
	out = append(out, fragment{fieldName, nameText(&rec.Document)})
	for _, tag := range rec.Document.Tags {
		out = append(out, fragment{fieldTag, tag})
	}
	if rec.Document.Camera != "" {
		out = append(out, fragment{fieldCamera, rec.Document.Camera})
	}
	return out
}

// analyzedField is a field whose analysis is done, so that its length is known before
// the batch is built.
type analyzedField struct{ *document.TextField }

// Analyze implements index.Field.
func (analyzedField) Analyze() {}

// tokenStream is an analysis.Analyzer that returns itself.
type tokenStream analysis.TokenStream

func (t tokenStream) Analyze([]byte) analysis.TokenStream { return analysis.TokenStream(t) }

// analyzed is a document ready for a batch.
type analyzed struct {
	document *document.Document
	lengths  lengths
}

// analyzeRecord analyses all texts of a record.
func (a *analyzers) analyzeRecord(rec *store.Record) analyzed {
	out := analyzed{document: document.NewDocument(key(rec.Document.ID)), lengths: lengths{}}
	streams := map[string]analysis.TokenStream{}
	for _, t := range texts(rec) {
		streams[t.field] = appendApart(streams[t.field], analyze(a.analyzer(t.field), t.value))
	}
	for _, field := range slices.Sorted(maps.Keys(streams)) {
		f := document.NewTextFieldCustom(field, nil, nil, fieldOptions(field), tokenStream(streams[field]))
		f.Analyze()
		if n := f.AnalyzedLength(); n > 0 {
			out.document.AddField(analyzedField{f})
			out.lengths[field] = n
		}
	}
	stored := document.NewTextFieldWithIndexingOptions(fieldLengths, nil, out.lengths.encode(), index.StoreField)
	out.document.AddField(stored)
	return out
}

// appendApart appends the tokens of the next text of a field: one position further, so
// that no phrase runs from one text into the next.
func appendApart(stream, next analysis.TokenStream) analysis.TokenStream {
	if len(stream) == 0 {
		return next
	}
	offset := stream[len(stream)-1].Position + 1
	for _, t := range next {
		t.Position += offset
	}
	return append(stream, next...)
}
