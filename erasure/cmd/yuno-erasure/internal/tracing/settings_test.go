package tracing

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	const endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318"
	for name, test := range map[string]struct {
		env  string // separated by spaces
		want settings
		err  string
	}{
		"Nothing":            {"", settings{false, protocolHTTP}, ""},
		"Endpoint":           {endpoint, settings{true, protocolHTTP}, ""},
		"EndpointOfTraces":   {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=https://collector.internal/v1/traces", settings{true, protocolHTTP}, ""},
		"Exporter":           {"OTEL_TRACES_EXPORTER=otlp", settings{true, protocolHTTP}, ""},
		"None":               {"OTEL_TRACES_EXPORTER=none " + endpoint, settings{false, protocolHTTP}, ""},
		"Disabled":           {"OTEL_SDK_DISABLED=TRUE " + endpoint, settings{}, ""},
		"GRPC":               {"OTEL_EXPORTER_OTLP_PROTOCOL=grpc " + endpoint, settings{true, protocolGRPC}, ""},
		"ProtocolOfTraces":   {"OTEL_EXPORTER_OTLP_PROTOCOL=grpc OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf " + endpoint, settings{true, protocolHTTP}, ""},
		"OtherProtocol":      {"OTEL_EXPORTER_OTLP_PROTOCOL=http/json " + endpoint, settings{}, "want http/protobuf or grpc"},
		"OtherExporter":      {"OTEL_TRACES_EXPORTER=zipkin", settings{}, "OTEL_TRACES_EXPORTER wants otlp or none"},
		"EndpointWithoutAll": {"OTEL_EXPORTER_OTLP_ENDPOINT=127.0.0.1:4318", settings{}, "OTEL_EXPORTER_OTLP_ENDPOINT wants the address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{}
			for _, pair := range strings.Fields(test.env) {
				name, value, _ := strings.Cut(pair, "=")
				env[name] = value
			}
			got, err := readSettings(func(name string) string { return env[name] })
			if (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("got %v, want %q", err, test.err)
			}
			if err == nil && got != test.want {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

// The first failure of the collector is logged, then one line a minute with what was lost
// since, and once when it is back.
func TestReporting(t *testing.T) {
	t.Parallel()
	var log strings.Builder
	r := &reporting{log: slog.New(slog.NewTextHandler(&log, nil))}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	away := errors.New("away")
	for i, step := range []struct {
		after time.Duration
		err   error
		spans int
		want  string // "" for no line
	}{
		{0, nil, 1, ""},
		{0, away, 2, "lost_spans=2"},
		{time.Second, away, 3, ""},
		{58 * time.Second, away, 4, ""},
		{time.Second, away, 5, "lost_spans=12"},
		{time.Second, away, 6, ""},
		{time.Second, nil, 7, "takes traces again\" lost_spans=6"},
		{time.Second, nil, 8, ""},
		{time.Second, away, 9, "lost_spans=9"},
	} {
		at = at.Add(step.after)
		log.Reset()
		r.report(step.err, step.spans, at)
		if got := log.String(); (got == "") != (step.want == "") || !strings.Contains(got, step.want) {
			t.Errorf("step %d: got %q, want %q", i, got, step.want)
		}
	}
}

func TestShownPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/v1/customers/c1":       "/v1/customers/{customer_id}",
		"/v1/customers":          "/v1/customers",
		"/v1/customers/":         "/REDACTED",
		"/v1/customers/a/b":      "/REDACTED",
		"/v2/customers/c1":       "/REDACTED",
		"":                       "/REDACTED",
		"//v1/customers/someone": "/REDACTED",
	} {
		if got := shownPath(path); got != want {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
	if got := shownMethod("someone@example.com"); got != "OTHER" {
		t.Errorf("got %q", got)
	}
}
