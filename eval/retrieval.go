package eval

import "context"

// Retrieve measures retrieval over the whole set, both ways. Each caption is a query for the pictures that carry the same
// text; each picture is a query for its captions, among all captions of all pictures. A picture without captions is
// neither query nor candidate. ErrNoCaptions; the encoder's errors; ctx's.
func (r *Report) Retrieve(ctx context.Context, encoder Encoder) error {
	places := r.Set.captioned()
	if len(places) == 0 {
		return ErrNoCaptions
	}
	c, pictures := r.Set.corpus(places)
	texts, err := encoder.EncodeTexts(ctx, c.texts)
	if err != nil {
		return err
	}
	ranks, err := rankAll(ctx, texts, pictures, c.pictures, nil)
	if err != nil {
		return err
	}
	var sample Sample
	for _, line := range c.lines {
		sample.add(places[line.picture], ranks[line.text])
	}
	r.add(Retrieval, TextToImage, sample)

	if ranks, err = rankAll(ctx, pictures, texts, c.of, c.copies); err != nil {
		return err
	}
	r.add(Retrieval, ImageToText, Sample{places, ranks})
	return nil
}

// corpus returns the captions of the pictures at places, and their vectors.
func (s Set) corpus(places []int) (*corpus, [][]float32) {
	captions, vectors := make([][]string, len(places)), make([][]float32, len(places))
	for i, place := range places {
		captions[i], vectors[i] = s.Pictures[place].Captions, s.Pictures[place].Vector
	}
	return newCorpus(captions), vectors
}
