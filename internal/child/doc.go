// Package child runs programs that answer requests: copies of the program
// itself, in which what is measured has a heap, a collector and crashes of its
// own.
//
// The parent writes messages to the child's standard input and reads those on
// its standard output; the last words on its standard error are kept.
package child
