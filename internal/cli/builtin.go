package cli

// betterModel is what people are told to fetch; model list has more.
const betterModel = "openai/clip-vit-base-patch32"

// builtinNote returns what there is to say of a model where it is the one that the program carries, "" for others.
func (p places) builtinNote(id string) string {
	if !p.models.IsBuiltin(id) {
		return ""
	}
	return "this is the built-in model, which is small; " + betterHint
}

// betterHint says how to get a better model than the built-in one.
const betterHint = "a better one: clipsearch model pull " + betterModel + ", then index with --model " + betterModel + " into a new --library"
