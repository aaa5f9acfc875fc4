// Package screen shows how something proceeds: on a terminal as one line that is drawn
// again and again, elsewhere as a line from time to time. It follows the usual rules for
// the width of a terminal and for color (NO_COLOR, CLICOLOR, CLICOLOR_FORCE, TERM=dumb).
//
// Libraries for progress bars redraw a line by the width that the terminal had before, so
// that each redraw after the window was made smaller leaves a line behind, and draw only
// when there is a result, so that a bar stands still while nobody responds.
package screen
