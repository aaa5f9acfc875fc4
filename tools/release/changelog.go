package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"
)

var versionHeading = regexp.MustCompile(`^## \[?([^\] ]+)\]?(?: - (\S+))?$`)

// checkChangelog fails unless the changelog has a dated section with the changes of
// version, and no entries that are still unreleased.
func checkChangelog(changelog, version string) error {
	sections := sectionsOf(changelog)
	name := strings.TrimPrefix(version, "v")
	section, ok := sections[name]
	if !ok {
		return fmt.Errorf("CHANGELOG.md has no section %q: rename the section Unreleased, and put a new empty one above it",
			"## "+name+" - YYYY-MM-DD")
	}
	if _, err := time.Parse(time.DateOnly, section.date); err != nil {
		return fmt.Errorf("CHANGELOG.md: the section %s has no date: write %q", name, "## "+name+" - YYYY-MM-DD")
	}
	if section.text == "" {
		return fmt.Errorf("CHANGELOG.md: the section %s is empty", name)
	}
	if sections["Unreleased"].text != "" {
		return errors.New("CHANGELOG.md: the section Unreleased has entries, and this commit contains their changes: move them to the section " + name)
	}
	return nil
}

// section is what follows a heading of the changelog.
type section struct{ date, text string }

// sectionsOf returns the sections of a changelog by version.
func sectionsOf(changelog string) map[string]section {
	sections, name := map[string]section{}, ""
	for line := range strings.Lines(changelog) {
		if heading := versionHeading.FindStringSubmatch(strings.TrimSpace(line)); heading != nil {
			name = heading[1]
			sections[name] = section{date: heading[2]}
			continue
		}
		current := sections[name]
		current.text = strings.TrimSpace(current.text + "\n" + strings.TrimSpace(line))
		sections[name] = current
	}
	return sections
}
