// Package chart draws charts as inline SVG, for pages that must be readable
// without a network, without scripts, and without colour.
//
// A chart is drawn twice, for a wide and for a narrow screen, of which the
// page's style shows one: text in an SVG that is scaled down to a phone could
// not be read. Series differ by colour, dashes and the shape of their markers;
// the colours are those of Okabe and Ito, which people who see colours
// differently can tell apart, and are in the page's style ([Style]), where a dark
// screen has others. Every text goes through html/template.
package chart
