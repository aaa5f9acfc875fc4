package daemon_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/internal/testprogram"
)

var repository = filepath.Join("..", "..", "..", "..", "..")

func readRepository(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(repository, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// alert is a rule of deploy/prometheus/alerts.yaml.
type alert struct {
	Alert, Expr string
	Labels      struct{ Severity string }
	Annotations struct {
		Summary string
		Runbook string `yaml:"runbook_url"`
	}
}

func readAlerts(t *testing.T) (alerts []alert) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []alert } }
	if err := yaml.Unmarshal([]byte(readRepository(t, "deploy/prometheus/alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Groups {
		alerts = append(alerts, group.Rules...)
	}
	if len(alerts) < 10 {
		t.Fatalf("there are only %d alerts", len(alerts))
	}
	return alerts
}

// scrape returns what a service shows that has just been started, with every option that adds
// metrics.
func scrape(t *testing.T) exported {
	t.Helper()
	s := serveWith(t, []string{`{"id": "c1"}`}, "--erasure-log", filepath.Join(t.TempDir(), "erasures.log"))
	_, text := clitest.Get(t, s.ops+"/metrics")
	return readMetrics(text)
}

// Alerts, their tests and the dashboard read what the service exports, and nothing else.
func TestMonitoringReadsWhatIsExported(t *testing.T) {
	t.Parallel()
	all := scrape(t)
	t.Run("Alerts", func(t *testing.T) {
		t.Parallel()
		for _, a := range readAlerts(t) {
			labels, err := all.check(a.Expr)
			if err != nil {
				t.Errorf("%s: %v", a.Alert, err)
			}
			wantLabels(t, a.Alert, labels, regexp.MustCompile(`\$labels\.(\w+)`), a.Annotations.Summary)
		}
	})
	t.Run("Tests", func(t *testing.T) {
		t.Parallel()
		for _, found := range regexp.MustCompile(`- series: '(.*)'`).FindAllStringSubmatch(readRepository(t, "deploy/prometheus/alerts_test.yaml"), -1) {
			// The values are examples; the names are not.
			series := regexp.MustCompile(`="[^"]*"`).ReplaceAllString(found[1], `=~".*"`)
			if _, err := all.check(series); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("Dashboard", func(t *testing.T) {
		t.Parallel()
		queries := dashboardQueries(t)
		if len(queries) < 30 {
			t.Errorf("found only %d queries", len(queries))
		}
		for _, q := range queries {
			labels, err := all.check(q.expr)
			if err != nil {
				t.Errorf("%s: %v", q.panel, err)
			}
			wantLabels(t, q.panel, labels, regexp.MustCompile(`\{\{(\w+)\}\}`), q.legend)
		}
	})
}

// wantLabels checks the labels that a text names by a pattern.
func wantLabels(t *testing.T, where string, labels []string, pattern *regexp.Regexp, text string) {
	t.Helper()
	for _, found := range pattern.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(labels, found[1]) {
			t.Errorf("%s: no metric has the label %s of %q", where, found[1], text)
		}
	}
}

// dashboardQuery is an expression of the dashboard.
type dashboardQuery struct{ panel, expr, legend string }

// variableQuery is the expression of a variable, and the label whose values it is for.
var variableQuery = regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)

func dashboardQueries(t *testing.T) (queries []dashboardQuery) {
	t.Helper()
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, LegendFormat string }
		}
		Templating struct {
			List []struct{ Name, Definition string }
		}
	}
	if err := json.Unmarshal([]byte(readRepository(t, "deploy/grafana/yuno-erasure.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries = append(queries, dashboardQuery{panel.Title, target.Expr, target.LegendFormat})
		}
	}
	for _, variable := range dashboard.Templating.List {
		if found := variableQuery.FindStringSubmatch(variable.Definition); found != nil {
			queries = append(queries, dashboardQuery{"variable " + variable.Name, found[1], "{{" + found[2] + "}}"})
		}
	}
	return queries
}

// Each alert has a severity, a section in the guide with what to do, and a test in which it
// fires and one in which it does not.
func TestEveryAlertHasASectionAndATest(t *testing.T) {
	t.Parallel()
	const page = "https://github.com/yuno-community/yuno-customers/blob/main/docs/operations.md#"
	var tests struct {
		Tests []struct {
			Tests []struct {
				Alert  string      `yaml:"alertname"`
				Alerts []yaml.Node `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal([]byte(readRepository(t, "deploy/prometheus/alerts_test.yaml")), &tests); err != nil {
		t.Fatal(err)
	}
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, group := range tests.Tests {
		for _, test := range group.Tests {
			fires[test.Alert] = fires[test.Alert] || len(test.Alerts) > 0
			silent[test.Alert] = silent[test.Alert] || len(test.Alerts) == 0
		}
	}
	guide := readRepository(t, "docs/operations.md")
	for _, a := range readAlerts(t) {
		if !strings.Contains(guide, "\n### "+a.Alert+"\n") {
			t.Errorf("docs/operations.md has no section %s", a.Alert)
		}
		if a.Annotations.Runbook != page+strings.ToLower(a.Alert) || a.Annotations.Summary == "" {
			t.Errorf("%s: its annotations are %+v", a.Alert, a.Annotations)
		}
		if a.Labels.Severity != "critical" && a.Labels.Severity != "warning" {
			t.Errorf("%s: the severity is %q", a.Alert, a.Labels.Severity)
		}
		if !fires[a.Alert] || !silent[a.Alert] {
			t.Errorf("%s: a test has it firing: %v, silent: %v", a.Alert, fires[a.Alert], silent[a.Alert])
		}
	}
	for _, found := range regexp.MustCompile(`(?m)^### (Yuno\w+)$`).FindAllStringSubmatch(guide, -1) {
		if !slices.ContainsFunc(readAlerts(t), func(a alert) bool { return a.Alert == found[1] }) {
			t.Errorf("docs/operations.md has a section %s, and there is no such alert", found[1])
		}
	}
}

// Prometheus itself accepts the alerts, the expressions of the dashboard and the
// configuration of the guide, and the alerts pass their tests.
func TestPromtool(t *testing.T) {
	t.Parallel()
	promtool := testprogram.Find(t, "promtool") // Debian: prometheus
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), promtool, args...)
		cmd.Dir = filepath.Join(repository, "deploy", "prometheus")
		if output, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, output)
		}
	}
	run("check", "rules", "alerts.yaml")
	run("test", "rules", "alerts_test.yaml")
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for i, q := range dashboardQueries(t) {
		fmt.Fprintf(&rules, "      - record: panel:%d\n        expr: %s\n", i, strings.ReplaceAll(q.expr, "$__rate_interval", "5m"))
	}
	run("check", "rules", clitest.WriteFile(t, "dashboard.yaml", rules.String()))

	_, config, _ := strings.Cut(readRepository(t, "docs/operations.md"), "```yaml\n# prometheus.yml\n")
	config, _, found := strings.Cut(config, "\n```\n")
	if !found {
		t.Fatal("docs/operations.md has no prometheus.yml")
	}
	file := clitest.WriteFile(t, "prometheus.yml", config)
	alerts := readRepository(t, "deploy/prometheus/alerts.yaml")
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "alerts.yaml"), []byte(alerts), 0o600); err != nil {
		t.Fatal(err)
	}
	run("check", "config", file)
}
