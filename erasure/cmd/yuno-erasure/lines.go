package main

import "bytes"

// trimBOM removes the byte order mark that some programs put in front of UTF-8.
func trimBOM(line []byte) []byte { return bytes.TrimPrefix(line, []byte("\ufeff")) }

func isBlank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }
