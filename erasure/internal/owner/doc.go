// Package owner tells whose a file is. Internal to this module.
package owner
