package torch

import "errors"

// TrainOptions say how a Trainer learns. The zero value of a number switches off what it is for, unless it says otherwise.
type TrainOptions struct {
	Device    string // as in Options
	Precision string // f32 or bf16, in which the towers run; the weights themselves are f32. auto is bf16 where it is fast
	Threads   int    // as in Options

	AdamW AdamW
	Clip  float64 // the gradient's Euclidean norm is cut to this

	MaxScale     float64 // the logit scale's logarithm stays below it
	Smoothing    float64 // share of each target that all samples of the batch have alike
	PictureLoss  float64 // weight of the loss between pictures
	Distill      float64 // share of each target that comes from the averaged weights; needs Average
	PatchDrop    float64 // share of a picture's patches that are left out in training
	DropPath     float64 // probability with which the last block's branches are left out
	Average      float64 // decay of the running average of the weights, for example 0.999
	Mean, Std    [3]float32
	Frozen       func(name string) bool // weights that stay as they are; nil: none
	LowRank      int                    // train updates of this rank in place of the blocks' matrices
	LowRankScale float64                // what an update is multiplied with
}

// Batch is what a step learns from: N samples, each a picture and a text.
type Batch struct {
	Pixels   []byte    // [N, 3, S, S]
	Texts    [][]int32 // [N], from start to end token
	Pictures []int64   // [N]: samples with the same number show the same picture
	Captions []int64   // [N]: samples with the same number say the same
	Seed     uint64    // of what is left out by chance
}

// Learned is what one step found.
type Learned struct {
	Step  int64   // from 1
	Loss  float64 // before the step
	Norm  float64 // of the gradient before it was cut
	Scale float64 // logit scale's logarithm, before the step
}

// ErrDiverged says that the loss or the gradient is not a number any more. The weights are of no use then.
var ErrDiverged = errors.New("the loss is not a finite number any more")

// AdamW says how weights follow their gradient (Loshchilov and Hutter 2019, algorithm 2, with the learning rate as the only
// schedule).
type AdamW struct {
	Beta1, Beta2 float64 // of the running means of the gradient and of its square
	Epsilon      float64
	Decay        float64 // weight decay, times the learning rate; of matrices only
}
