package yunocustomers_test

import (
	"bytes"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/yuno-community/yuno-customers"

// importRules lists the packages of this module that each package's production
// code may reach, and whether it may reach kin-openapi. Validating a response
// against a 3.1 document takes up to 160 µs, which is acceptable in tests and in
// contract, but not in a server or client.
var importRules = map[string]struct {
	own []string
	kin bool
}{
	"":                       {},
	"api":                    {},
	"openapi":                {},
	"client":                 {own: []string{"api", "internal/strictjson", "internal/wire"}},
	"server":                 {own: []string{"api", "internal/clientnet", "internal/connlimit", "internal/wire"}},
	"contract":               {own: []string{"openapi", "internal/wire", "internal/strictjson"}, kin: true},
	"contract/conformance":   {own: []string{"contract", "openapi", "internal/wire", "internal/strictjson"}, kin: true},
	"sandbox":                {own: []string{"api", "server", "internal/clientnet", "internal/connlimit", "internal/wire", "internal/pipenet"}},
	"internal/clientnet":     {}, // standard library only
	"internal/connlimit":     {own: []string{"internal/clientnet"}},
	"internal/pipenet":       {},
	"internal/strictjson":    {},          // standard library only
	"internal/textfile":      {},          // likewise
	"internal/wire":          {},          // one home of each rule; standard library only
	"internal/wire/wiretest": {},          // tests only
	"internal/misuse":        {},          // tests only
	"internal/testprogram":   {},          // tests only
	"internal/proof":         {},          // tests only
	"internal/proof/load":    {},          // tests only
	"tools/notice":           {},          // run by make, not imported
	"tools/overlay":          {kin: true}, // run by go generate, not imported
}

func TestImportRules(t *testing.T) {
	t.Parallel()
	for pkg, deps := range dependencies(t) {
		name := strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
		rule, ok := importRules[name]
		if !ok {
			t.Errorf("package %s has no import rule: add one", pkg)
			continue
		}
		for dep := range deps {
			own, isOwn := strings.CutPrefix(dep, module+"/")
			switch {
			case isOwn && !slices.Contains(rule.own, own):
				t.Errorf("%s imports %s", name, own)
			case strings.HasPrefix(dep, "github.com/getkin/kin-openapi/") && !rule.kin:
				t.Errorf("%s reaches %s", name, dep)
			}
		}
	}
}

// Importers of a package download, audit and update the modules it depends on, so
// a change to the list is reviewed.
func TestFootprint(t *testing.T) {
	t.Parallel()
	all := dependencies(t)
	for _, pkg := range []string{"api", "openapi", "internal/wire", "client", "server", "sandbox", "contract", "contract/conformance"} {
		modules := map[string]bool{"": true} // of the standard library and of this module
		var got []string
		for _, version := range all[module+"/"+pkg] {
			if !modules[version] {
				modules[version] = true
				got = append(got, version)
			}
		}
		slices.Sort(got)
		golden(t, "testdata/footprint/"+strings.ReplaceAll(pkg, "/", "-")+".txt", strings.Join(append(got, ""), "\n"))
	}
}

// dependencies returns, for each package of this module, the packages that its production
// code reaches, each with its module and version; those of this module and of the standard
// library have none. One run of the go command finds all.
func dependencies(t *testing.T) map[string]map[string]string {
	t.Helper()
	const format = `{{.ImportPath}}|{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}|{{if not .DepOnly}}{{join .Deps " "}}{{end}}`
	versions, deps := map[string]string{}, map[string][]string{}
	for _, line := range goList(t, "-deps", "-f", format, "./...") {
		fields := strings.Split(line, "|")
		versions[fields[0]] = fields[1]
		if pkg := fields[0]; pkg == module || strings.HasPrefix(pkg, module+"/") {
			deps[pkg] = strings.Fields(fields[2])
		}
	}
	all := map[string]map[string]string{}
	for pkg, reached := range deps {
		all[pkg] = map[string]string{}
		for _, dep := range reached {
			all[pkg][dep] = versions[dep]
		}
	}
	return all
}

// The root module has three direct requirements, test dependencies included.
func TestDirectRequirements(t *testing.T) {
	t.Parallel()
	got := goList(t, "-m", "-f", "{{if not (or .Main .Indirect)}}{{.Path}}{{end}}", "all")
	want := []string{
		"github.com/getkin/kin-openapi",
		"github.com/oapi-codegen/oapi-codegen/v2",
		"github.com/oapi-codegen/runtime",
	}
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A separate module that embeds the generated client builds with only the
// requirements in its go.mod.
func TestConsumer(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-mod=readonly", "./...")
	cmd.Dir = "internal/testdata/consumer"
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
}

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	output, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, &stderr)
	}
	return slices.DeleteFunc(strings.Split(string(output), "\n"), func(s string) bool { return s == "" })
}
