package ui

import (
	"fmt"
	"math"

	"clipsearch/search"
)

// why draws what both legs found; nil if the picture is not among the results.
func (n neighbours) why() *whyView {
	if n.hit == nil {
		return nil
	}
	v := &whyView{score: fmt.Sprintf(whyScore, n.hit.Score)}
	start := 0.0
	for _, share := range n.hit.Explain {
		part := 0.0
		if n.hit.Score > 0 {
			part = max(0, 100*share.Contribution/n.hit.Score)
		}
		leg := legView{leg: "words", name: modeText, found: fmt.Sprintf(whyText, share.Rank, share.Score)}
		if share.Leg == search.ModeVector {
			leg = legView{leg: "look", name: modeVector, found: fmt.Sprintf(whyVector, share.Rank, share.Score)}
		}
		leg.start, leg.share, leg.adds = percent(start), percent(part), fmt.Sprintf(whyAdds, share.Contribution)
		start += part
		v.legs = append(v.legs, leg)
	}
	if n.hit.Similarity != nil {
		v.similarity = ", " + fmt.Sprintf(whySimilarity, *n.hit.Similarity)
	}
	largest := 0.0
	for _, p := range n.hit.Pulls {
		largest = max(largest, math.Abs(p.Pull))
	}
	for _, p := range n.hit.Pulls {
		v.pulls = append(v.pulls, pullView{
			word: visible(p.Word), pull: fmt.Sprintf("%+.3f", p.Pull), away: p.Pull < 0, share: percent(100 * math.Abs(p.Pull) / max(largest, 1e-9)),
		})
	}
	return v
}

// percent returns a share of a drawing's width.
func percent(p float64) string { return fmt.Sprintf("%.1f", p) }
