package tracing_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/clitest"
	"github.com/yuno-community/yuno-customers/erasure/internal/await"
	"github.com/yuno-community/yuno-customers/erasure/internal/testbinary"
)

// received is what a collector has got.
type received struct {
	URL string

	mu    sync.Mutex
	raw   bytes.Buffer
	spans map[string][]*otlp.Span // by name
}

// newCollector starts a collector.
func newCollector(t *testing.T) *received {
	t.Helper()
	r := &received{spans: map[string][]*otlp.Span{}}
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		var export collector.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(body, &export)
		}
		if err != nil {
			t.Errorf("the collector: %v", err)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.raw.Write(body)
		for _, resource := range export.ResourceSpans {
			for _, scope := range resource.ScopeSpans {
				for _, span := range scope.Spans {
					r.spans[span.Name] = append(r.spans[span.Name], span)
				}
			}
		}
	}))
	t.Cleanup(server.Close)
	r.URL = server.URL
	return r
}

// span waits for a span of that name, and returns the latest.
func (r *received) span(t *testing.T, name string) (span *otlp.Span) {
	t.Helper()
	await.True(t, "the span "+name, func() bool {
		if all := r.all(name); len(all) > 0 {
			span = all[len(all)-1]
		}
		return span != nil
	})
	return span
}

// all returns the spans of that name.
func (r *received) all(name string) []*otlp.Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.spans[name])
}

// text is everything that the collector has got, as it was sent.
func (r *received) text() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.raw.String()
}

// service is a serve with a customer to erase.
type service struct {
	*testbinary.Process
	creds   client.Credentials
	baseURL string
}

const (
	customerID = "customer-zq81"
	reference  = "cus_zq82"
	email      = "zq83@example.com"
)

// serve starts a serve with an environment.
func serve(t *testing.T, env ...string) *service {
	t.Helper()
	s := clitest.NewShell(t)
	creds := s.Account()
	s.Import(creds.AccountCode, fmt.Sprintf(
		`{"id": %q, "email": %q, "providers": [{"provider": "stripe", "customer": %q}]}`, customerID, email, reference))
	providers, _ := clitest.ProvidersFile(t)
	p := testbinary.Start(t, clitest.Process(t, t.TempDir(), append([]string{"OTEL_BSP_SCHEDULE_DELAY=50"}, env...), "serve", "--database", s.Database(),
		"--providers", providers, "--listen", "127.0.0.1:0", "--ops-listen", ""))
	p.WaitFor(t, "msg=serving address=")
	_, rest, _ := strings.Cut(p.Output.String(), "msg=serving address=")
	return &service{p, creds, "http://" + strings.Fields(rest)[0] + "/v1"}
}

// send sends a delete of the customer and returns its status.
func (s *service) send(t *testing.T, secretKey string, header map[string]string) (status int) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, s.baseURL+"/customers/"+customerID, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Public-Api-Key", s.creds.PublicAPIKey)
	req.Header.Set("Private-Secret-Key", secretKey)
	req.Header.Set("X-Account-Code", s.creds.AccountCode)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// One delete is one trace, from the client's span over the request and the attempt to the
// provider's call, and nothing that leaves the process tells whom it is about.
func TestOneDeleteIsOneTrace(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	s := serve(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL, "OTEL_SERVICE_NAME=erasures-of-ours")
	const traceID, parentID = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
	hidden := map[string]string{
		"User-Agent": "agent zq84", "X-Forwarded-For": "192.0.2.184", "Tracestate": "vendor=zq85", "Baggage": "customer=zq86", "Referer": "http://zq87/",
	}
	header := map[string]string{"Traceparent": "00-" + traceID + "-" + parentID + "-01"}
	for name, value := range hidden {
		header[name] = value
	}
	if status := s.send(t, "wrong", header); status != http.StatusUnauthorized {
		t.Fatalf("with a wrong key: %d", status)
	}
	if status := s.send(t, s.creds.PrivateSecretKey, header); status != http.StatusAccepted {
		t.Fatalf("got %d", status)
	}

	parent := parentID
	for _, name := range []string{"DELETE /v1/customers/{customer_id}", "attempt", "DELETE delete_customer"} {
		span := collector.span(t, name)
		if got := hex.EncodeToString(span.TraceId); got != traceID {
			t.Errorf("%s is in trace %s", name, got)
		}
		if got := hex.EncodeToString(span.ParentSpanId); got != parent {
			t.Errorf("%s has parent %s, want %s", name, got, parent)
		}
		parent = hex.EncodeToString(span.SpanId)
		if name != "attempt" && !strings.Contains(fmt.Sprint(span.Attributes), "http.response.status_code") {
			t.Errorf("%s has no status: %v", name, span.Attributes)
		}
	}
	s.Stop(t) // exports the rest
	text := collector.text()
	for _, want := range []string{"erasures-of-ours", "/REDACTED", "yuno_erasure.erasure_id", "succeeded", "stripe"} {
		if !strings.Contains(text, want) {
			t.Errorf("the traces lack %q", want)
		}
	}
	secrets := []string{
		customerID, reference, email, s.creds.PublicAPIKey, s.creds.PrivateSecretKey, s.creds.AccountCode, "sk_secret_of_stripe",
		"client.address", "network.peer.address", "user_agent", // attributes of who sent the request
	}
	for _, value := range hidden {
		secrets = append(secrets, value)
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("the traces contain %q", secret)
		}
	}
	if requests := len(collector.all("DELETE /v1/customers/{customer_id}")); requests != 1 {
		t.Errorf("%d requests were exported, want 1 without the refused one", requests)
	}
	for _, message := range []string{"msg=accepted ", "msg=attempted "} {
		_, line, _ := strings.Cut(s.Output.String(), message)
		line, _, _ = strings.Cut(line, "\n")
		if !strings.Contains(line, " trace_id="+traceID) || message == "msg=accepted " && !strings.Contains(line, " request_id=") {
			t.Errorf("the line of %s does not name its request and trace: %s", message, line)
		}
	}
}

// Without a variable that asks for it nothing is traced, and the lines of a request name it
// all the same.
func TestNoTraceByDefault(t *testing.T) {
	t.Parallel()
	collector := newCollector(t)
	s := serve(t, "OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_ENDPOINT="+collector.URL)
	header := map[string]string{"Traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}
	if status := s.send(t, s.creds.PrivateSecretKey, header); status != http.StatusAccepted {
		t.Fatalf("got %d", status)
	}
	s.WaitFor(t, "msg=attempted")
	s.Stop(t)
	if log := s.Output.String(); collector.text() != "" || strings.Contains(log, "trace_id") || !strings.Contains(log, "request_id=") {
		t.Errorf("%d bytes were exported; the log:\n%s", len(collector.text()), log)
	}
}

// silentCollector starts a collector that does not respond, and returns its address.
func silentCollector(t *testing.T) string {
	t.Helper()
	stuck := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-stuck:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(stuck) })
	return silent.URL
}

// A service that is stopped waits for its collector for seconds, whatever the environment
// allows an export.
func TestStopDoesNotWaitForTheCollector(t *testing.T) {
	t.Parallel()
	const hour = "3600000"
	s := serve(t, "OTEL_EXPORTER_OTLP_ENDPOINT="+silentCollector(t), "OTEL_BSP_EXPORT_TIMEOUT="+hour, "OTEL_EXPORTER_OTLP_TIMEOUT="+hour)
	if status := s.send(t, s.creds.PrivateSecretKey, nil); status != http.StatusAccepted {
		t.Fatalf("got %d", status)
	}
	s.WaitFor(t, "msg=attempted")
	s.Stop(t)
	if !strings.Contains(s.Output.String(), "the last traces are lost") {
		t.Errorf("the log:\n%s", s.Output.String())
	}
}

// A collector that is away or does not respond costs traces and nothing else.
func TestCollectorIsAway(t *testing.T) {
	t.Parallel()
	silent := silentCollector(t)
	for name, env := range map[string][]string{
		"Refused": {"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1"},
		"GRPC":    {"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:1", "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", "OTEL_EXPORTER_OTLP_TIMEOUT=500"},
		"Silent":  {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=" + silent + "/v1/traces", "OTEL_BSP_EXPORT_TIMEOUT=500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, append(env, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=1")...)
			if status := s.send(t, s.creds.PrivateSecretKey, nil); status != http.StatusAccepted {
				t.Fatalf("got %d", status)
			}
			s.WaitFor(t, "msg=attempted")
			s.WaitFor(t, "traces are lost")
			for range 5 {
				s.send(t, s.creds.PrivateSecretKey, nil)
			}
			s.Stop(t)
			if lines := strings.Count(s.Output.String(), "traces are lost, and nothing else"); lines != 1 {
				t.Errorf("it was logged %d times:\n%s", lines, s.Output.String())
			}
		})
	}
}

// What makes no sense in the environment is one line, and nothing is served.
func TestBadEnvironment(t *testing.T) {
	t.Parallel()
	status, _, stderr := clitest.RunProcess(t, t.TempDir(), []string{"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318"}, "serve", "--listen", "127.0.0.1:0", "--ops-listen", "")
	if status == 0 || !strings.Contains(stderr, "OTEL_EXPORTER_OTLP_ENDPOINT wants the address of a collector, such as http://127.0.0.1:4318") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("status %d, stderr %q", status, stderr)
	}
}
