// Package search answers one query with ranked hits: it runs the words through the caption index and the query's vector
// through the vector index, side by side, fuses the two rankings, filters, sorts, and says why each hit is there.
//
// New makes an Engine of a store, the two legs and an encoder; Engine.Search answers a Query. What a person typed goes
// into Query.Text as it is.
//
// What is shown is the query's relevance window (see Query.All); how the legs' rankings become one belongs to the model.
// doc/search.md has the measurements behind both.
//
// It does not parse command lines, does not know where vectors come from (an Encoder is whatever cli wires in), and
// writes nothing.
//
// # The query line
//
// A line is words, read by this grammar, which has no syntax errors: what it does not know is a word.
//
//	line     = [ operator ] term { operator term } .
//	operator = "+" | "-" | "−" .              (alone: white space or the line's end around it)
//	term     = [ weight ":" ] { item } .      (weight 1 if absent)
//	weight   = a number above 0 up to 100, written "2", "0.5" or ".5"; the ":" is followed by no digit ("10:30" is a word)
//	item     = word | phrase | "-" word | "-" phrase .
//	phrase   = a quotation mark, anything but one, a quotation mark .     (" “ ” „)
//
// The caption index gets the words and phrases of the added terms: more and rarer words score higher, one suffices, and
// a phrase must occur. The vector index gets the normalised weighted sum of the terms' vectors; a term's text is its
// words and phrases as typed. So
//
//	dogs in the snow            words, and their vector
//	"red car" street            pictures captioned with that phrase; the vector of: red car street
//	beach -people               without the pictures whose captions or names say people, whichever leg found them
//	2:beach + dog - people      2·beach + dog − people as vectors; beach and dog as words, where people is not said
//
// An operator binds the vector, a minus sign on a word binds the words: "beach - people" moves away from what looks like
// people and takes no captions that say so, but a picture that only the vector index found may still have such a
// caption; "beach -people" never shows one.
package search
