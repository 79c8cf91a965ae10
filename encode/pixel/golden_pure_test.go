//go:build !native

package pixel_test

// Measured 0.0055 and 0.016, which is one level of 256 in single pixels: Go's codecs do not smooth chroma.
const lossyMean, lossySingle = 0.008, 0.031
