//go:build !race

package ioc

const poolForgets = false
