package report

import (
	"cmp"
	"slices"
	"strconv"
)

// Matrix counts which class was taken for which.
type Matrix struct {
	Caption string
	Names   []string
	Counts  [][]int // [C, C]: by the true class, then by the one found
}

// mostClasses is how many classes a matrix is shown with; of more those with the most mistakes.
const mostClasses = 40

// shownMatrix is a matrix as the page shows it.
type shownMatrix struct {
	Matrix
	Left int // classes that are not shown
}

// shown returns the part of a matrix that is shown.
func (m Matrix) shown() shownMatrix {
	if len(m.Names) <= mostClasses {
		return shownMatrix{m, 0}
	}
	order := make([]int, len(m.Names))
	mistakes := make([]int, len(m.Names))
	for i := range order {
		order[i] = i
		for j, n := range m.Counts[i] {
			if j != i {
				mistakes[i] += n
			}
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(mistakes[b], mistakes[a]) })
	order = order[:mostClasses]
	slices.Sort(order)
	part := Matrix{Caption: m.Caption}
	for _, i := range order {
		row := make([]int, len(order))
		for k, j := range order {
			row[k] = m.Counts[i][j]
		}
		part.Names, part.Counts = append(part.Names, m.Names[i]), append(part.Counts, row)
	}
	return shownMatrix{part, len(m.Names) - mostClasses}
}

// share returns n as a share of its row, for the depth of its colour: two digits from 0 to 1.
func share(n int, row []int) string {
	of := 0
	for _, m := range row {
		of += m
	}
	if of == 0 {
		return "0"
	}
	return strconv.FormatFloat(float64(n)/float64(of), 'f', 2, 64)
}
