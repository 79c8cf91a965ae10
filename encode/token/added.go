package token

import "strings"

// addedToken is a text, not empty, that becomes one id wherever it stands.
type addedToken struct {
	text string
	id   int32
}

// cutToken splits text around the first of tokens in it, the longest where two begin at the same place. The id is none
// and after empty if there is no token.
func cutToken(text string, tokens []addedToken) (before string, id int32, after string) {
	for i := range len(text) {
		found := addedToken{id: none}
		for _, t := range tokens {
			if t.text[0] == text[i] && len(t.text) > len(found.text) && strings.HasPrefix(text[i:], t.text) {
				found = t
			}
		}
		if found.id != none {
			return text[:i], found.id, text[i+len(found.text):]
		}
	}
	return text, none, ""
}
