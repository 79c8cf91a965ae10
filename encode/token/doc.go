// Package token turns text into the token ids that CLIP's text tower reads: byte-level byte-pair encoding, as Hugging
// Face's fast CLIP tokenizer does it. Parse (vocab.json and merges.txt) or ParseJSON (tokenizer.json) makes a
// Tokenizer, Encode maps a text to ids. It neither pads nor turns ids back into text, and it reads no other kind of
// tokenizer.
//
// # What happens to a text
//
// The steps and their order are those of the tokenizer.json that OpenAI published with CLIP:
//
//  1. "<|endoftext|>" written in the text is recognised as that token, byte for byte (an added token with
//     "normalized": false).
//  2. What lies between is brought to Unicode's form NFC, each run of white space becomes one space, and every
//     character is lower-cased on its own (so Σ becomes σ at the end of a word too, and İ becomes i and U+0307).
//  3. "<|startoftext|>" is then recognised in the result, so in capitals as well ("normalized": true).
//  4. The rest is split into words: the endings 's 't 're 've 'm 'll 'd, runs of letters, single digits, runs of
//     anything else. White space separates and is dropped. Combining marks are not letters.
//  5. The bytes of each word are merged, lowest rank first, the last byte carrying the mark "</w>". A byte that the
//     vocabulary lacks (truncated vocabularies do) becomes the unknown token, "<|endoftext|>" in CLIP.
//
// A byte that is not part of valid UTF-8 reads as U+FFFD.
//
// # Limits
//
// More than 30 combining marks on one letter are normalised in groups of 30 separated by U+034F (Unicode's stream-safe
// text format, UAX #15 section 13), where the reference would sort all of them. Characters newer than the Unicode
// version of the Go release (15.0 in Go 1.26) are neither lower-cased nor known as letters. Apart from these, and from
// the order of a few marks that the reference's own NFC does not know yet, all 1.1 million characters gave the ids of
// tokenizers 0.23.3.
package token
