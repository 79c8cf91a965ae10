//go:build native

package torch

// pairs is what the loss needs to know about the N samples of a batch.
type pairs struct {
	same    tensor // [N, N]: 1 where picture and text of a row and a column belong together, else 0
	rows    tensor // [N, N]: what the softmax of a picture's similarities to the texts should be; rows sum to 1
	columns tensor // [N, N]: the same of a text's similarities to the pictures, by text
}

// newPairs compares samples by the numbers of their pictures and captions: two belong together when they show the same picture
// or say the same (many sets repeat captions). smoothing is the share of a target that all columns have alike.
func (t *Trainer) newPairs(s *scope, pictures, captions []int64, smoothing float64) *pairs {
	n := int64(len(pictures))
	equal := func(numbers []int64) tensor {
		x := s.to(s.ofInts(numbers, n), t.device, kindI64)
		return s.equal(s.view(x, n, 1), s.view(x, 1, n)) // [N, N]
	}
	same := s.atMost(s.add(equal(pictures), equal(captions)), 1) // [N, N]
	target := s.div(same, s.sumRows(same))                       // [N, N]
	if smoothing > 0 {
		target = s.plus(s.scale(target, 1-smoothing), smoothing/float64(n))
	}
	return &pairs{same: same, rows: target, columns: target} // same is symmetric
}

// contrast is the symmetric cross-entropy between unit vectors of pictures and texts [N, D]: each row of their similarities,
// times scale, shall have the target as its softmax, and each column, too (CLIP, section 2.3; several positives as in Khosla et
// al. 2020, equation 2).
func contrast(s *scope, pictures, texts, scale tensor, p *pairs) tensor {
	logits := s.mul(s.matmul(pictures, s.transpose(texts)), scale) // [N, N]
	n := float64(lengthOf(pictures))
	rows := s.sum(s.mul(s.logSoftmax(logits), p.rows))
	columns := s.sum(s.mul(s.logSoftmax(s.transpose(logits)), p.columns))
	return s.scale(s.add(rows, columns), -0.5/n)
}

// learnFrom mixes what a teacher thinks of the batch into the targets: share of its softmax (Li et al. 2021, ALBEF, section 3.2).
func (p *pairs) learnFrom(s *scope, pictures, texts, scale tensor, share float64) {
	logits := s.mul(s.matmul(pictures, s.transpose(texts)), scale) // [N, N]
	mix := func(target, logits tensor) tensor {
		return s.add(s.scale(target, 1-share), s.scale(s.softmax(logits, kindF32), share))
	}
	p.rows, p.columns = mix(p.rows, logits), mix(p.columns, s.transpose(logits))
}

// pictureTemperature divides the similarities between pictures (Chen et al. 2020, SimCLR, table 5: 0.1).
const pictureTemperature = 0.1

// among is the cross-entropy between unit vectors z [N, D] of pictures: each shall be nearest to those that it belongs with, itself
// left out. Pictures that belong with no other one add nothing.
func among(s *scope, z tensor, p *pairs) tensor {
	n := lengthOf(z)
	logits := s.scale(s.matmul(z, s.transpose(z)), 1/pictureTemperature) // [N, N]
	itself := s.diagonal(n, z)                                           // [N, N]
	logits = s.add(logits, s.scale(itself, -1e4))
	others := s.add(p.same, s.scale(itself, -1))      // [N, N]
	count := s.sumRows(others)                        // [N, 1]
	target := s.div(others, s.atLeast(count, 1))      // [N, N]
	paired := s.atLeast(s.sum(s.atMost(count, 1)), 1) // how many have another one
	return s.scale(s.div(s.sum(s.mul(s.logSoftmax(logits), target)), paired), -1)
}
