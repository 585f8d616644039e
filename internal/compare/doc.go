// Package compare decides whether one thing is slower than another.
//
// It is statistics only: it reads no files and measures nothing.
//
// # The rule
//
// A comparison is between a base and a head, by pairs: two figures taken side
// by side, in one run on one machine, by processes started for the pair. What
// disturbs both halves of a pair alike drops out of its ratio; that is why
// pairs, and not two heaps of figures, are compared ([Paired]). A figure is a
// cost: less is better. Each pair gives the logarithm of head/base, so that
// twice and half are the same distance from no change.
//
// What is counted is launches, not slices: where the same processes give several
// pairs, those are no independent witnesses. A process keeps the memory it was
// given, the hash seed it drew and the core it began on, and a hundred slices
// would repeat the accident of one start a hundred times and look certain. So
// the processes are started anew again and again, and each launch contributes
// one log-ratio, the median of its pairs.
//
// From a row's log-ratios come
//
//   - the effect, their median;
//   - its interval, at the level 1 - alpha, by the bootstrap. The seed of the
//     resampling is made of the data, so the same figures always get the same
//     interval;
//   - p, by Wilcoxon's signed-rank test, and of it, over all rows of the
//     comparison, Holm's adjusted p: the chance that any row of a comparison
//     of equals is called different is at most alpha.
//
// From pairs of the base with itself, a second process with the same code
// measured in the same run, comes the noise floor: the largest difference that
// the interval of those pairs does not exclude. Two processes with the same
// code differ in where their memory lies and in which of them ran first; the
// floor shows it, and what does not stand out from it is no finding.
//
// The verdict of a row is
//
//	regressed     adjusted p < alpha, and the effect is more than the threshold
//	              and than the floor, and the interval lies above 0
//	improved      the same in the other direction
//	no change     the interval lies within the threshold on both sides
//	inconclusive  anything else: the figures neither show a change nor exclude
//	              one that would matter
//
// "No change" goes by the threshold alone. A noisy run has a high floor, and if
// that counted as agreement the noisiest machine would pass everything.
//
// Figures of separate runs ([Unpaired]) have no pairs and no floor. They get
// the Mann-Whitney U test and the ratio of medians, and a verdict that says so:
// a drift of the machine between two runs looks like a change of the code.
//
// # Change points
//
// [ChangePoints] finds where a series of runs changed its level, for histories.
package compare
