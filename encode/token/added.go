package token

import "strings"

// addedToken is a text that becomes one id wherever it stands.
type addedToken struct {
	text string
	id   int32
}

// cutToken splits text around the first of tokens in it, the longest where two begin at the same place. The id is none
// and after empty if there is no token.
func cutToken(text string, tokens []addedToken) (before string, id int32, after string) {
	at, found := len(text), addedToken{id: none}
	for _, t := range tokens {
		// Only a token that begins no later than the best so far matters.
		i := strings.Index(text[:min(len(text), at+len(t.text))], t.text)
		if i >= 0 && (i < at || i == at && len(t.text) > len(found.text)) {
			at, found = i, t
		}
	}
	return text[:at], found.id, text[at+len(found.text):]
}
