package erasure_test

import (
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

// dependency is a row of DEPENDENCIES.md.
type dependency struct {
	module, version, released, licence, purpose, reason string
	everywhere                                          bool // it is in the table of Linux
}

// Every module that the command links is named and licensed, and has upkeep or a reason.
func TestDependencies(t *testing.T) {
	t.Parallel()
	reviewed, rows := dependencies(t)
	for module, d := range rows {
		released, err := time.Parse(time.DateOnly, d.released)
		switch {
		case err != nil || d.licence == "" || d.purpose == "":
			t.Errorf("DEPENDENCIES.md: %s: the row needs the day of the release (2006-01-02), the licence and a purpose", module)
		case released.Before(reviewed.AddDate(-2, 0, 0)) && d.reason == "":
			t.Errorf("DEPENDENCIES.md: %s %s was released on %s: say why it stays, or do without it", module, d.version, d.released)
		}
	}
	t.Run("Linux", func(t *testing.T) {
		t.Parallel()
		onLinux := maps.Clone(rows)
		maps.DeleteFunc(onLinux, func(_ string, d dependency) bool { return !d.everywhere })
		compare(t, linked(t), versionsOf(onLinux), "linked on Linux")
	})
	// make notice finds out what is linked elsewhere, for which it may need the network.
	t.Run("NOTICE", func(t *testing.T) {
		t.Parallel()
		noticed := notices(t)
		licences := map[string]string{}
		for module, d := range rows {
			licences[module] = d.version + ": " + d.licence
		}
		compare(t, noticed, licences, "in NOTICE (run make notice)")
	})
	t.Run("Released", func(t *testing.T) {
		t.Parallel()
		for module, day := range releases(t, slices.Sorted(maps.Keys(rows))) {
			if day != rows[module].released {
				t.Errorf("DEPENDENCIES.md: %s %s was released on %s, not on %s", module, rows[module].version, day, rows[module].released)
			}
		}
	})
}

// compare compares what is found with what DEPENDENCIES.md says.
func compare(t *testing.T, found, said map[string]string, where string) {
	t.Helper()
	for module, value := range found {
		switch have, ok := said[module]; {
		case !ok:
			t.Errorf("%s %s is %s, but not in DEPENDENCIES.md: add a row, or do without it", module, value, where)
		case have != value:
			t.Errorf("DEPENDENCIES.md: %s: %s, but %s is %s", module, have, value, where)
		}
	}
	for module := range said {
		if _, ok := found[module]; !ok {
			t.Errorf("DEPENDENCIES.md: %s is not %s: remove the row", module, where)
		}
	}
}

func versionsOf(rows map[string]dependency) map[string]string {
	versions := map[string]string{}
	for module, d := range rows {
		versions[module] = d.version
	}
	return versions
}

// dependencies returns the rows of DEPENDENCIES.md and the day on which they were reviewed.
func dependencies(t *testing.T) (reviewed time.Time, rows map[string]dependency) {
	t.Helper()
	content, err := os.ReadFile("DEPENDENCIES.md")
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string]dependency{}
	tables := 0
	for line := range strings.Lines(string(content)) {
		if day, ok := strings.CutPrefix(line, "Reviewed: "); ok {
			if reviewed, err = time.Parse(time.DateOnly, strings.TrimSpace(day)); err != nil {
				t.Fatal(err)
			}
		}
		if strings.HasPrefix(line, "|---") {
			tables++
		}
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 8 || !strings.Contains(cells[1], ".") {
			continue
		}
		for i, cell := range cells {
			cells[i] = strings.TrimSpace(cell)
		}
		if _, twice := rows[cells[1]]; twice {
			t.Errorf("DEPENDENCIES.md: %s has two rows", cells[1])
		}
		rows[cells[1]] = dependency{cells[1], cells[2], cells[3], cells[4], cells[5], cells[6], tables == 1}
	}
	if reviewed.IsZero() {
		t.Fatal("DEPENDENCIES.md has no line Reviewed: 2006-01-02")
	}
	return reviewed, rows
}

// linked returns the versions of the modules that the command links on Linux, whatever this
// machine is.
func linked(t *testing.T) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}`, "./cmd/yuno-erasure")
	cmd.Env = append(os.Environ(), "GOOS=linux", "CGO_ENABLED=0", "GOWORK=off")
	return pairs(t, cmd)
}

// releases returns the days of the releases, of the modules for which this machine knows it.
func releases(t *testing.T, modules []string) map[string]string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-m", "-e", "-f", `{{with .Time}}{{$.Path}} {{.Format "2006-01-02"}}{{end}}`}, modules...)...)
	cmd.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off")
	return pairs(t, cmd)
}

// pairs runs a command and returns the two words on each line of its output, but for this
// project's own modules.
func pairs(t *testing.T, cmd *exec.Cmd) map[string]string {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, &stderr)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(output)) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if ok && name+"/" != project {
			found[name] = value
		}
	}
	return found
}

// notices returns the versions and licences at the top of NOTICE.
func notices(t *testing.T) map[string]string {
	t.Helper()
	content, err := os.ReadFile("NOTICE")
	if err != nil {
		t.Fatal(err)
	}
	list, _, _ := strings.Cut(string(content), "\n---")
	_, list, _ = strings.Cut(list, "\n\n")
	found := map[string]string{}
	for line := range strings.Lines(list) {
		if module, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			found[module] = rest
		}
	}
	return found
}
