package eval

import (
	"context"
	"sync"
)

// Memory is an Encoder that encodes each text once. It is safe for concurrent use; one call encodes at a time.
type Memory struct {
	encoder Encoder

	mu      sync.Mutex
	vectors map[string][]float32
}

// Remember returns a memory before an encoder.
func Remember(encoder Encoder) *Memory {
	return &Memory{encoder: encoder, vectors: make(map[string][]float32)}
}

// EncodeTexts returns one vector a text; those not seen before go to the encoder, each once. The vectors are shared.
func (m *Memory) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var missing []string
	waits := make(map[string]bool)
	for _, text := range texts {
		if m.vectors[text] == nil && !waits[text] {
			waits[text] = true
			missing = append(missing, text)
		}
	}
	if len(missing) > 0 {
		encoded, err := m.encoder.EncodeTexts(ctx, missing)
		if err != nil {
			return nil, err
		}
		for i, text := range missing {
			m.vectors[text] = encoded[i]
		}
	}
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		vectors[i] = m.vectors[text]
	}
	return vectors, nil
}
