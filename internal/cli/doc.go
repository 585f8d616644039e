// Package cli is the command line of the load generator. The targets are given
// to it, so that programs with more of them have the same command line.
package cli
