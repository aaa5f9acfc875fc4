package wire

import (
	"net/url"
	"testing"
)

func TestEnvironmentOfKey(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]string{
		"sandbox_x": "sandbox", "prod_x": Production, "staging_x": "staging", "dev_x": "dev",
		"": "", "other": "", "production": "", "SANDBOX_x": "", "prod": "",
	} {
		env, ok := EnvironmentOfKey(key)
		if env.Name != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", key, env.Name, ok, want)
		}
		if got := IsProductionKey(key); got != (want == Production) {
			t.Errorf("%q: production is %v", key, got)
		}
	}
}

func TestBasePath(t *testing.T) {
	t.Parallel()
	for _, env := range Environments {
		for _, baseURL := range env.BaseURLs {
			u, err := url.Parse(baseURL)
			if err != nil || u.Path != BasePath || !IsYunoHost(u.Host) {
				t.Errorf("%s: %v", baseURL, err)
			}
		}
	}
}

func TestEnvironmentOfHost(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]struct {
		name       string
		production bool
	}{
		"api-sandbox.y.uno":      {"sandbox", false},
		"api.y.uno":              {Production, true},
		"api.eu.y.uno":           {Production, true},
		"api-staging.y.uno":      {"staging", false},
		"api-dev.y.uno":          {"dev", false},
		"API.Y.UNO":              {Production, true},
		"api.y.uno.":             {Production, true},
		"api.y.uno..":            {Production, true},
		"api.y.uno:443":          {Production, true},
		"API-Sandbox.y.uno.:443": {"sandbox", false},
		"api.asia.y.uno":         {"", true},
		"y.uno":                  {"", true},
		"":                       {"", false},
		"api.y.uno.example.com":  {"", false},
		"notapi.y.unox":          {"", false},
		"happy.uno":              {"", false},
		"127.0.0.1:8080":         {"", false},
		"[::1]:8080":             {"", false},
	} {
		env, ok := EnvironmentOfHost(host)
		if env.Name != want.name || ok != (want.name != "") {
			t.Errorf("%q: got %q, %v, want %q", host, env.Name, ok, want.name)
		}
		if got := IsProductionHost(host); got != want.production {
			t.Errorf("%q: production is %v, want %v", host, got, want.production)
		}
	}
}
