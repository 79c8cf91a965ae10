//go:build native

package pixel_test

// libjpeg-turbo and libwebp are what Pillow uses: nothing differs.
const lossyMean, lossySingle = 2e-5, 1e-5
