// Package crashtest tests the service as its users run it: the yuno-erasure binary in
// processes of its own, on both engines, with simulated providers that misbehave. The
// tests kill those processes, fill their disks, damage their files and search
// everything that they wrote. The package has nothing to import.
//
//	go test ./crashtest              the short form, about a minute
//	CRASH=long go test ./crashtest   twenty kills and more, several minutes
//	SOAK=1h go test -run '^TestSoak$' -timeout 0 -v ./crashtest
//	                                 everything at once, for an hour; see make soak
package crashtest
