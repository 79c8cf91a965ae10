// Package locate finds where in a picture a text's thing is: boxes with probabilities, and a heat map.
//
// [Find] looks at a picture in up to two ways with one dual encoder. Tiles of several sizes, which overlap and cover the picture
// to its edges, each have a vector, as if they were pictures themselves. And the patches of the encoder's image tower have
// vectors of their own (MaskCLIP), a whole grid in one pass. Either way a softmax over the places, at the model's logit
// scale, says where a text's thing is most likely.
//
// [Look] and [Seen.Find] are its halves, for who looks for several things one after the other.
//
// Probabilities are about the place alone, given that the thing is somewhere in the picture: together they are 1 for every
// text, also for one whose thing is not there.
//
// The package reads no files and knows no model: an [Encoder] is handed in.
package locate
