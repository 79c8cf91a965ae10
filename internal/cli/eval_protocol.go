package cli

import "clipsearch/eval"

// The published measures that --protocol names.
const (
	// protocolRSICD is the zero-shot measure of clip-rsicd (https://github.com/arampacha/CLIP-rsicd): Hits@{1,3,5,10} of the
	// 30 classes in the test pictures' names.
	protocolRSICD = "rsicd"
	// protocolImageCLEF is the measure of the same experiment on ImageCLEF's medical captions: MRR@{1,3,5,10,20} within
	// batches of 64 pictures.
	protocolImageCLEF = "imageclef"
)

// rsicdPrompt is the prompt of the RSICD protocol.
const rsicdPrompt = "An aerial photograph of {}"

// follow sets what a protocol sets; "" is none.
func (o *evalOptions) follow(protocol string) error {
	if protocol == "" {
		return nil
	}
	if len(o.tasks) > 0 {
		return usagef("eval: --protocol says what is measured; leave out --task")
	}
	switch protocol {
	case protocolRSICD:
		o.tasks = []eval.Task{eval.ZeroShot}
		if len(o.prompts) == 0 {
			o.prompts = list{rsicdPrompt}
		}
		if len(o.labels) == 0 && o.classes == "" {
			o.classes = classesFromNames
		}
	case protocolImageCLEF:
		o.tasks = []eval.Task{eval.InBatch}
	default:
		return usagef("eval: --protocol %q; it is rsicd or imageclef", protocol)
	}
	return nil
}
