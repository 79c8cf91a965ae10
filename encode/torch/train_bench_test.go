//go:build native

package torch

import "testing"

// BenchmarkTrain measures a training step as bench/training/torch113.py does: batch 32, texts of 8 to 16 tokens.
func BenchmarkTrain(b *testing.B) {
	for _, name := range []string{"vit-b-32", "vit-s-16-96"} {
		b.Run(name, func(b *testing.B) {
			c := randomCheckpoint(b, name)
			trainer, err := OpenTrainer(c.Config, c, TrainOptions{
				AdamW: AdamW{0.9, 0.98, 1e-6, 0.1}, Clip: 1, MaxScale: 4.6, Mean: c.Pixels.Mean, Std: c.Pixels.Std,
			})
			if err != nil {
				b.Fatal(err)
			}
			defer trainer.Close()
			const batch = 32
			samples := randomBatch(c.Config, batch, 1)
			for i := range samples.Texts { // 8 to 16 tokens
				ids := []int32{int32(c.Config.Text.Vocab - 2)}
				for len(ids) < 7+i%9 {
					ids = append(ids, int32(i))
				}
				samples.Texts[i] = append(ids, int32(c.Config.Text.Vocab-1))
			}
			for b.Loop() {
				if err := trainer.Step(b.Context(), samples, 1e-5, 0); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(batch*float64(b.N)/b.Elapsed().Seconds(), "pictures/s")
		})
	}
}
