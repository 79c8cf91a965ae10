// Command clipsearch searches a person's own pictures by words, by picture, or both, offline.
package main

func main() {}
