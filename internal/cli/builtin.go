package cli

// betterModel is what people are told to fetch; model list has more.
const betterModel = "openai/clip-vit-base-patch32"

// builtinNote returns what there is to say of a model where it is the one that the program carries, "" for others.
func (p places) builtinNote(id string) string {
	if !p.models.IsBuiltin(id) {
		return ""
	}
	return builtinNote
}

// builtinNote is that.
const builtinNote = "this is the built-in model, which is small; " + betterHint

// builtinNoteAt is builtinNote of the checkpoint in a folder.
func (p places) builtinNoteAt(dir string) string {
	builtin, err := p.models.BuiltinDir()
	if err != nil || dir != builtin {
		return ""
	}
	return builtinNote
}

// betterHint says how to get a better model than the built-in one.
const betterHint = "a better one: clipsearch model pull " + betterModel + ", then index with --model " + betterModel + " into a new --library"
