// Package assets holds the files that are embedded in the program: CLIP's vocabulary, the model that the program carries,
// and the static files of the web pages. Callers ask for one of them by its own function. It only hands out bytes and
// interprets none of them.
package assets
