package main

import (
	"cmp"
	"slices"
	"time"
)

// median is the middle of some values, or the mean of the two in the middle.
// Without values it is zero.
func median[T int64 | float64 | time.Duration](values []T) T {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[n]
	}
	return sorted[n-1] + (sorted[n]-sorted[n-1])/2
}

// ratio is how many times longer the runs of one contender take than those of
// another: the median over pairs, each of one round, so that what disturbs a
// whole round does not count. Rounds that one of them sat out are left out.
func ratio(runs, of []sample) float64 {
	var pairs []float64
	for i := range min(len(runs), len(of)) {
		if of[i].Wall > 0 {
			pairs = append(pairs, float64(runs[i].Wall)/float64(of[i].Wall))
		}
	}
	return median(pairs)
}

// of returns one value of each sample.
func of[T any](samples []sample, value func(sample) T) []T {
	list := make([]T, len(samples))
	for i, s := range samples {
		list[i] = value(s)
	}
	return list
}

func wall(s sample) time.Duration { return s.Wall }
func cpu(s sample) time.Duration  { return s.CPU }

// most is the largest value, or zero.
func most[T cmp.Ordered](values []T) (m T) {
	for _, v := range values {
		m = max(m, v)
	}
	return m
}

// least is the smallest value, or zero.
func least[T cmp.Ordered](values []T) (m T) {
	for i, v := range values {
		if i == 0 || v < m {
			m = v
		}
	}
	return m
}

func peakOf(s sample) int64 { return s.Peak }
