package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/batch"
)

// profileFlags say where credentials come from.
type profileFlags struct {
	Profile string `help:"Name of a profile in ${profiles_file}." placeholder:"NAME"`
}

// profile is one entry of the profiles file.
type profile struct {
	AccountCode      string `yaml:"account_code"`
	PublicAPIKey     string `yaml:"public_api_key"`
	PrivateSecretKey string `yaml:"private_secret_key"`
	BaseURL          string `yaml:"base_url"`
}

// profilesPath is $XDG_CONFIG_HOME/yuno-erasure/config.yaml, or where the system
// keeps such files.
func profilesPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "yuno-erasure/config.yaml"
	}
	return filepath.Join(dir, "yuno-erasure", "config.yaml")
}

// destination is where deletes go.
type destination struct {
	client      *client.Client
	account     string
	baseURL     string
	environment string // for people
}

const production = "production"

// destination returns the one of the chosen credentials. Its client reports
// overload to the pace.
func (f profileFlags) destination(pace *batch.Pace) (*destination, error) {
	var creds client.Credentials
	opts := []client.Option{client.WithMiddleware(reportOverload(pace)), client.WithUserAgent("yuno-erasure")}
	if f.Profile != "" {
		p, err := readProfile(profilesPath(), f.Profile)
		if err != nil {
			return nil, err
		}
		creds = client.Credentials{AccountCode: p.AccountCode, PublicAPIKey: p.PublicAPIKey, PrivateSecretKey: p.PrivateSecretKey}
		if p.BaseURL != "" {
			opts = append(opts, client.WithBaseURL(p.BaseURL))
		}
	} else {
		var err error
		if creds, err = client.CredentialsFromEnv(); err != nil {
			return nil, &usageError{err.Error(), "set them, or use --profile; see yuno-erasure delete --help"}
		}
		opts = append(opts, client.OptionsFromEnv()...)
	}
	yuno, err := client.New(creds, opts...)
	if err != nil {
		return nil, &usageError{strings.ReplaceAll(err.Error(), "\n", "; "), "mend them and run again"}
	}
	return &destination{yuno, creds.AccountCode, yuno.BaseURL(), environmentOf(creds, yuno.BaseURL())}, nil
}

// environmentOf names where deletes go.
func environmentOf(creds client.Credentials, baseURL string) string {
	switch {
	case baseURL == client.BaseURLProductionUS, baseURL == client.BaseURLProductionEMEA, strings.HasPrefix(creds.PublicAPIKey, "prod_"):
		return production
	case baseURL == client.BaseURLSandbox:
		return "sandbox"
	}
	return "an environment of its own"
}

// readProfile reads one profile. The file holds keys: others must not read it.
func readProfile(path, name string) (profile, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return profile{}, &usageError{"there is no file " + path, "create it with mode 0600: profiles: {" + name + ": {account_code: ..., public_api_key: ..., private_secret_key: ...}}"}
	}
	if err != nil {
		return profile{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return profile{}, err
	}
	// Windows keeps permissions elsewhere, and shows 0666 for every file.
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return profile{}, fmt.Errorf("%s can be used by others (mode %04o), and it holds keys: chmod 600 it", path, info.Mode().Perm())
	}
	var config struct {
		Profiles map[string]profile `yaml:"profiles"`
	}
	dec := yaml.NewDecoder(file)
	dec.KnownFields(true)
	if err := dec.Decode(&config); err != nil {
		return profile{}, fmt.Errorf("%s: %s", path, yamlMistake(err))
	}
	p, ok := config.Profiles[name]
	if !ok {
		var names []string
		for known := range config.Profiles {
			names = append(names, known)
		}
		slices.Sort(names)
		return profile{}, &usageError{fmt.Sprintf("%s has no profile %q", path, name), "one of: " + strings.Join(names, ", ")}
	}
	return p, nil
}

// yamlMistake is a decoder's error without what it quotes: the file holds keys.
func yamlMistake(err error) string {
	text := err.Error()
	if i := strings.Index(text, "`"); i >= 0 {
		text = text[:i] + "…"
	}
	return strings.ReplaceAll(text, "\n", " ")
}

// reportOverload tells the pace of every answer 429 and 503, those that the
// client retries by itself included.
func reportOverload(pace *batch.Pace) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			answer, err := next.RoundTrip(r)
			if err == nil && (answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable) {
				pace.Throttled(min(retryAfter(answer.Header), maxPause))
			}
			return answer, err
		})
	}
}

// retryAfter is how long an answer asks to wait, in seconds or until a time
// (RFC 9110, 10.2.3).
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	if until, err := http.ParseTime(value); err == nil {
		return max(time.Until(until), 0)
	}
	return 0
}

type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

const (
	// maxPause bounds how long one Retry-After can stop a batch.
	maxPause = 15 * time.Minute
	// maxPatience is how often one id is tried again after the client gave up
	// because the other side was overloaded.
	maxPatience = 3
)

// eraser erases one customer with the client, and waits with it while the other
// side is overloaded. When run ends it waits no longer.
func eraser(run context.Context, yuno *client.Client, pace *batch.Pace) batch.EraseFunc {
	return func(ctx context.Context, id string) batch.Result {
		var result batch.Result
		mayHaveApplied := false
		for try := 1; ; try++ {
			if try > 1 && pace.Wait(run) != nil {
				break // the last answer stands
			}
			var answer client.Response
			err := yuno.DeleteCustomer(ctx, id, client.WithResponse(&answer))
			result.Attempts += answer.Attempts
			result.Status, result.RequestID, result.Code = answer.StatusCode, answer.Header.Get("X-Request-Id"), ""
			var failure *client.Error
			if errors.As(err, &failure) {
				result.Code = codeOf(failure)
				mayHaveApplied = mayHaveApplied || failure.MayHaveApplied
			}
			result.Outcome = outcomeOf(err, mayHaveApplied)
			overloaded := answer.StatusCode == http.StatusTooManyRequests || answer.StatusCode == http.StatusServiceUnavailable
			if !overloaded || try == maxPatience || ctx.Err() != nil {
				break
			}
			pace.Throttled(min(failure.RetryAfter, maxPause))
		}
		return result
	}
}

// codeOf is the code of an answer, or says why there is none.
func codeOf(e *client.Error) string {
	switch {
	case e.StatusCode != 0:
		return e.Code
	case errors.Is(e, context.DeadlineExceeded):
		return "timeout"
	}
	return "no_answer"
}

func outcomeOf(err error, mayHaveApplied bool) batch.Outcome {
	switch {
	case err == nil:
		return batch.Accepted
	case mayHaveApplied:
		return batch.MaybeDeleted
	case errors.Is(err, client.ErrCustomerNotFound):
		return batch.NotFound
	case errors.Is(err, client.ErrInvalidArgument):
		return batch.Invalid
	}
	return batch.Failed
}
