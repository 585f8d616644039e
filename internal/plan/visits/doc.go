// Package visits is about when clients come back: laws of the gaps between the
// visits of one client, and streams of the visits of many.
//
// Gaps are independent of each other. Times are seconds. Laws are values: any
// number of goroutines may use them; a stream belongs to one.
package visits
