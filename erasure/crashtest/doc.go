// Package crashtest tests the service as its users run it: the yuno-erasure binary in
// processes of its own, on both engines, with simulated providers that misbehave. The
// tests kill those processes, fill their disks, damage their files and search
// everything that they wrote. The package has nothing to import.
//
//	go test ./crashtest              the short form, about a minute
//	CRASH=long go test ./crashtest   twenty kills and more, several minutes
package crashtest
