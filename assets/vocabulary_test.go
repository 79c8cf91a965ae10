package assets

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestVocabularyIsCLIPs(t *testing.T) {
	vocabJSON, mergesTXT, err := Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	// SHA-256 of merges.txt of openai/clip-vit-base-patch32.
	const want = "9fd691f7c8039210e0fced15865466c65820d09b63988b0174bfe25de299051a"
	sum := sha256.Sum256(mergesTXT)
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("merges: SHA-256 %s, want %s", got, want)
	}
	vocab := decodeVocab(t, vocabJSON)
	if len(vocab) != 49408 {
		t.Errorf("%d tokens, want 49408", len(vocab))
	}
	for token, want := range map[string]int{
		"!": 0, `"`: 1, `\`: 59, "Ā": 188, "!</w>": 256, "in": 512, "cat</w>": 2368,
		"<|startoftext|>": 49406, "<|endoftext|>": 49407,
	} {
		if got, ok := vocab[token]; !ok || got != want {
			t.Errorf("id of %q = %d (%v), want %d", token, got, ok, want)
		}
	}
}

func TestVocabularyEqualsPublishedFiles(t *testing.T) {
	const dir = "../../shared/data/vocab/"
	wantMerges, err := os.ReadFile(dir + "merges.txt")
	if os.IsNotExist(err) {
		t.Skip("../shared is not there; put the shared folder beside the repository, then: go test ./assets")
	}
	if err != nil {
		t.Fatal(err)
	}
	wantVocab, err := os.ReadFile(dir + "vocab.json")
	if err != nil {
		t.Fatal(err)
	}
	vocabJSON, mergesTXT, err := Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(mergesTXT, wantMerges) {
		t.Error("merges differ from merges.txt")
	}
	if diff := cmp.Diff(decodeVocab(t, wantVocab), decodeVocab(t, vocabJSON)); diff != "" {
		t.Errorf("vocabulary differs from vocab.json (-want +got):\n%s", diff)
	}
}

func decodeVocab(t *testing.T, data []byte) map[string]int {
	t.Helper()
	var vocab map[string]int
	if err := json.Unmarshal(data, &vocab); err != nil {
		t.Fatal(err)
	}
	return vocab
}
