// Package processor tells what of the processors' time this process has used.
// Unlike the time of day it says little of what else the machine does.
package processor
