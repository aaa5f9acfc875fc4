package tracing

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Protocols of OTLP.
const (
	protocolHTTP = "http/protobuf"
	protocolGRPC = "grpc"
)

// settings are those of the environment that the exporters do not read themselves, or of
// which they ignore mistakes.
type settings struct {
	on       bool
	protocol string
}

// endpointVariables say where the collector is. Setting one of them is enough to export.
var endpointVariables = []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}

// readSettings returns the settings of the environment. The error names every variable with
// a value that makes no sense.
func readSettings(getenv func(string) string) (settings, error) {
	s := settings{protocol: cmp.Or(getenv("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"), getenv("OTEL_EXPORTER_OTLP_PROTOCOL"), protocolHTTP)}
	var errs []error
	for _, name := range endpointVariables {
		value := getenv(name)
		if value == "" {
			continue
		}
		s.on = true
		if u, err := url.Parse(value); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			errs = append(errs, fmt.Errorf("%s wants the address of a collector, such as http://127.0.0.1:4318", name))
		}
	}
	switch getenv("OTEL_TRACES_EXPORTER") {
	case "":
	case "otlp":
		s.on = true
	case "none":
		s.on = false
	default:
		errs = append(errs, errors.New("OTEL_TRACES_EXPORTER wants otlp or none"))
	}
	if s.protocol != protocolHTTP && s.protocol != protocolGRPC {
		errs = append(errs, errors.New("OTEL_EXPORTER_OTLP_PROTOCOL and OTEL_EXPORTER_OTLP_TRACES_PROTOCOL want http/protobuf or grpc"))
	}
	if strings.EqualFold(getenv("OTEL_SDK_DISABLED"), "true") {
		return settings{}, nil
	}
	return s, errors.Join(errs...)
}
