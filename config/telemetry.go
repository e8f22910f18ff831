package config

import (
	"fmt"
	"net/url"
)

// Telemetry is where traces go.
type Telemetry struct {
	OTLP   string  `yaml:"otlp"`   // address that takes OTLP over HTTP, with its path; empty: nothing is traced
	Sample float64 `yaml:"sample"` // share of webhooks that are traced, 0 to 1
}

func (t Telemetry) validate() (errs []error) {
	if t.OTLP != "" {
		u, err := url.Parse(t.OTLP)
		if err != nil || u.Host == "" || u.Path == "" || (u.Scheme != "http" && u.Scheme != "https") {
			errs = append(errs, fmt.Errorf("telemetry.otlp: %q is no address such as http://127.0.0.1:4318/v1/traces", t.OTLP))
		}
	}
	if !(t.Sample >= 0 && t.Sample <= 1) { // NaN is neither
		errs = append(errs, fmt.Errorf("telemetry.sample: %v; between 0 and 1", t.Sample))
	}
	return errs
}
