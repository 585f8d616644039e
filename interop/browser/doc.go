// Package browser shows that Chromium resumes sessions of package tlscache. It
// is a module of its own because Chromium is a package of 300 MB, and on Ubuntu
// a stub that needs snapd.
package browser
