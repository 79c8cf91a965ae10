package eval

import "context"

// BatchSize is the number of pictures that InBatch ranks among: that of the published ImageCLEF figures.
const BatchSize = 64

// RetrieveInBatches measures retrieval among batches of BatchSize pictures in the order of the set, each with its first
// caption, both ways. Captions of the same text in a batch are all right. A rest that does not fill a batch is left out, as
// it would be easier, unless it is all there is. ErrNoCaptions; the encoder's errors; ctx's.
func (r *Report) RetrieveInBatches(ctx context.Context, encoder Encoder) error {
	places := r.Set.captioned()
	if len(places) == 0 {
		return ErrNoCaptions
	}
	if len(places) > BatchSize {
		places = places[:len(places)/BatchSize*BatchSize]
	}
	var toImage, toText Sample
	for start := 0; start < len(places); start += BatchSize {
		batch := places[start:min(start+BatchSize, len(places))]
		if err := r.Set.rankBatch(ctx, encoder, batch, &toImage, &toText); err != nil {
			return err
		}
	}
	r.add(InBatch, TextToImage, toImage)
	r.add(InBatch, ImageToText, toText)
	return nil
}

// rankBatch adds the ranks of one batch.
func (s Set) rankBatch(ctx context.Context, encoder Encoder, batch []int, toImage, toText *Sample) error {
	captions, pictures := make([][]string, len(batch)), make([][]float32, len(batch))
	for i, place := range batch {
		captions[i], pictures[i] = s.Pictures[place].Captions[:1], s.Pictures[place].Vector
	}
	c := newCorpus(captions)
	texts, err := encoder.EncodeTexts(ctx, c.texts)
	if err != nil {
		return err
	}
	byText, err := rankAll(ctx, texts, pictures, c.pictures, nil)
	if err != nil {
		return err
	}
	byPicture, err := rankAll(ctx, pictures, texts, c.of, c.copies)
	if err != nil {
		return err
	}
	for i, line := range c.lines { // one a picture
		toImage.add(batch[i], byText[line.text])
		toText.add(batch[i], byPicture[i])
	}
	return nil
}
