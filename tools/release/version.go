package main

import (
	"fmt"

	"golang.org/x/mod/semver"
)

// checkVersion fails unless version is a complete semantic version, as Go writes it, that
// the module paths allow.
func checkVersion(version string) error {
	switch {
	case !semver.IsValid(version) || semver.Canonical(version) != version:
		return fmt.Errorf("VERSION=%q is not a version such as v0.1.0 or v0.1.0-rc.1", version)
	case semver.Major(version) != "v0" && semver.Major(version) != "v1":
		return fmt.Errorf("VERSION=%s: from v2 on, Go wants the major version in the module paths: change these first", version)
	}
	return nil
}

// checkNewest fails unless version is later than each of the tags.
func checkNewest(version string, tags []string) error {
	for _, tag := range tags {
		if semver.IsValid(tag) && semver.Compare(version, tag) <= 0 {
			return fmt.Errorf("VERSION=%s is not later than the tag %s: take the next version", version, tag)
		}
	}
	return nil
}
