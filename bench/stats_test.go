package main

import (
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, test := range []struct {
		values []float64
		want   float64
	}{
		{nil, 0}, {[]float64{4}, 4}, {[]float64{9, 1}, 5}, {[]float64{9, 1, 2}, 2}, {[]float64{1, 9, 3, 2}, 2.5},
	} {
		if got := median(test.values); got != test.want {
			t.Errorf("%v: %v, want %v", test.values, got, test.want)
		}
	}
	values := []time.Duration{3, 1, 2}
	if got := median(values); got != 2 || values[0] != 3 {
		t.Errorf("%v of %v", got, values)
	}
}

func took(ms ...int) (list []sample) {
	for _, n := range ms {
		list = append(list, sample{Wall: time.Duration(n) * time.Millisecond})
	}
	return list
}

// What slows a whole round down does not change the ratio.
func TestRatio(t *testing.T) {
	for _, test := range []struct {
		name     string
		runs, of []sample
		want     float64
	}{
		{"same", took(5, 6, 7), took(5, 6, 7), 1},
		{"slow rounds", took(20, 400, 2000), took(10, 200, 1000), 2},
		{"one outlier", took(20, 20, 500), took(10, 10, 10), 2},
		{"fewer rounds", took(30, 60), took(10, 20, 1, 1, 1), 3},
		{"none", nil, took(10), 0},
	} {
		if got := ratio(test.runs, test.of); got != test.want {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestLeastAndMost(t *testing.T) {
	if least([]int{3, 1, 2}) != 1 || most([]int{3, 1, 7, 2}) != 7 || least[int](nil) != 0 || most[int](nil) != 0 {
		t.Error("wrong")
	}
}
