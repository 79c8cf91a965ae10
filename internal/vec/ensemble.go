package vec

// Ensemble returns the normalised sum of unit vectors, of which there is at least one: of one, that vector itself.
func Ensemble(vectors [][]float32) []float32 {
	if len(vectors) == 1 {
		return vectors[0]
	}
	sum := make([]float32, len(vectors[0]))
	for _, v := range vectors {
		for i, x := range v {
			sum[i] += x
		}
	}
	Normalize(sum)
	return sum
}
