// Package crashtest holds tests of the whole service as its users run it: the
// command's binary in processes of its own, on both engines, before providers that
// misbehave. It kills those processes, fills their disks, damages their files and
// searches everything that they wrote. There is nothing in it to import.
//
//	go test ./crashtest              a short form, under a minute
//	CRASH=long go test ./crashtest   20 kills and more, several minutes
package crashtest
