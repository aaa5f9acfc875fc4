package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The error names the line of the action that does not fit.
func TestFits(t *testing.T) {
	t.Parallel()
	const head = "overlay: 1.1.0\ninfo: {title: t, version: '1'}\nactions:\n"
	cases := []struct{ name, first, second, want string }{
		{"Fits", "  - target: $.info\n    update: {x-a: 1}\n", "  - target: $.info\n    update: {x-b: 1}\n", ""},
		{"TargetMatchesNothing", "  - target: $.nothing\n    update: {a: 1}\n", "", "openapi/overlay.yaml:4: does not fit the new specification: "},
		{"ChangesNothing", "  - target: $.info\n    update: {x-a: 1}\n  - target: $.info\n    update: {x-a: 1}\n", "", "openapi/overlay.yaml:6: does not fit the new specification: "},
		{"SecondOverlay", "  - target: $.info\n    update: {x-a: 1}\n", "  - target: $.info.nothing\n    remove: true\n", "openapi/overlay-strict.yaml:4: does not fit the new specification: "},
		{"SecondIsAppliedOnTheFirst", "  - target: $.info\n    update: {x-a: {b: 1}}\n", "  - target: $.info['x-a']\n    update: {c: 1}\n", ""},
		{
			"FirstActionThatBreaksIt",
			"  - target: $.info\n    update: {x-a: 1}\n  - target: $.info.version\n    remove: true\n  - target: $.info\n    update: {x-b: 1}\n", "",
			"openapi/overlay.yaml:6: after this action: not a valid OpenAPI document: ",
		},
		{
			"ActionThatFixesTheOneBefore",
			"  - target: $.info.version\n    remove: true\n  - target: $.info\n    update: {version: '8'}\n", "", "",
		},
		{
			"BrokenFixedAndBrokenAgain",
			"  - target: $.info.version\n    remove: true\n  - target: $.info\n    update: {version: '8'}\n  - target: $.info.version\n    remove: true\n", "",
			"openapi/overlay.yaml:8: after this action",
		},
		{"NoOverlay", "no", "", "openapi/overlay.yaml: not a valid overlay: "},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			root := checkout(t)
			first, second := head+c.first, head+c.second
			if c.name == "NoOverlay" {
				first = "- a\n"
			}
			if c.second == "" {
				second = head + "  - target: $.info\n    update: {x-z: 1}\n"
			}
			for i, content := range []string{first, second} {
				if err := os.WriteFile(filepath.Join(root, overlayPaths[i]), []byte(content), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			err := fits(root, []byte(read(t, root, vendoredPath)))
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
