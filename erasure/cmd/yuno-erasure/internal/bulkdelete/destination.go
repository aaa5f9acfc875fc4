package bulkdelete

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/internal/wire"
)

// destination is where deletes go.
type destination struct {
	client      *client.Client
	account     string
	baseURL     string
	environment string // Yuno's name of it; "" for another service
	careful     bool   // confirm the erasure of even one customer
}

// where describes the destination for people. Only Yuno is known to pass the deletion on to
// providers.
func (d *destination) where() string {
	if d.environment == "" {
		return "at the service " + d.baseURL
	}
	return "in Yuno's " + d.environment + " (" + d.baseURL + "), and at every payment provider they have used"
}

// destination returns the destination that the chosen credentials belong to. Its client
// reports overload to the pace.
func (f profileFlags) destination(pace *bulk.Pace) (*destination, error) {
	chosen, err := f.credentials()
	if err != nil {
		return nil, err
	}
	creds := chosen.Credentials
	if !chosen.hasBaseURL && creds.PublicAPIKey != "" && !isYunosKey(creds.PublicAPIKey) {
		return nil, command.NewUsageError("the prefix of "+chosen.keyName+" is none of Yuno's, and no base URL is set",
			"setting "+chosen.baseURLName+" (accounts create prints it)")
	}
	opts := []client.Option{client.WithMiddleware(reportOverload(pace)), client.WithUserAgent("yuno-erasure")}
	opts = append(opts, chosen.options...)
	yuno, err := client.New(creds, opts...)
	if err != nil {
		return nil, notUsable(err, chosen.baseURLName)
	}
	environment := environmentOf(yuno.BaseURL())
	return &destination{
		client: yuno, account: creds.AccountCode, baseURL: yuno.BaseURL(), environment: environment,
		careful: environment == wire.Production || wire.IsProductionKey(creds.PublicAPIKey),
	}, nil
}

// notUsable says what the client rejects, in one line.
func notUsable(err error, baseURLName string) error {
	text := withoutKind(err)
	if strings.Contains(text, "base URL") {
		return command.NewUsageError(text, "setting "+baseURLName+" to the whole address, such as https://erasure.example.com/v1")
	}
	return command.NewUsageError(text, "the account code and keys as the Dashboard or accounts create shows them")
}

// withoutKind returns the client's mistakes without the words for programmers before each.
func withoutKind(err error) string {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	return strings.ReplaceAll(text, client.ErrInvalidArgument.Error()+": ", "")
}

// question asks for what may be wrong if an id failed in this way, or returns "" if that
// is unknown. Each failure of one kind gets the same question.
func (d *destination) question(r bulk.Result) string {
	if r.Outcome != bulk.Failed {
		return ""
	}
	switch {
	case r.Status == http.StatusUnauthorized && r.Code != "": // a proxy sends no code
		return "Status 401 is for keys that are wrong or expired: are they those of account " + d.account + "?"
	case r.Status == http.StatusForbidden && r.Code != "":
		return "Status 403 is for keys of another account: may they use account " + d.account + "?"
	case r.Status == http.StatusNotFound && d.lacksVersion():
		return "Status 404 is for a path that does not exist: does the base URL " + d.baseURL + " lack /v1?"
	case r.Code == "connection_refused", r.Code == "no_such_host", r.Code == "host_lookup_failed":
		return "Is " + d.baseURL + " the right base URL, and the service up?"
	case r.Code == "tls_failed":
		return "Does " + d.baseURL + " speak TLS, and does this machine trust its certificate?"
	case r.Code == "proxy_failed":
		return "Are HTTPS_PROXY and NO_PROXY right, and the proxy up?"
	}
	return ""
}

func (d *destination) lacksVersion() bool { return !strings.HasSuffix(d.baseURL, "/v1") }

// credentials are credentials with their base URL, from a profile or the environment.
type credentials struct {
	client.Credentials
	options              []client.Option // with the base URL, if there is one
	hasBaseURL           bool
	keyName, baseURLName string // where the public key and the base URL come from
}

func (f profileFlags) credentials() (credentials, error) {
	if f.Profile == "" {
		creds, err := client.CredentialsFromEnv()
		if err != nil {
			return credentials{}, command.NewUsageError(withoutKind(err),
				"set them, or use --profile; see yuno-erasure delete --help")
		}
		opts := client.OptionsFromEnv()
		return credentials{creds, opts, len(opts) > 0, client.EnvPublicAPIKey, client.EnvAPIEndpoint}, nil
	}
	p, err := readProfile(ProfilesPath(), f.Profile)
	if err != nil {
		return credentials{}, err
	}
	chosen := credentials{
		Credentials: client.Credentials{AccountCode: p.AccountCode, PublicAPIKey: p.PublicAPIKey, PrivateSecretKey: p.PrivateSecretKey},
		hasBaseURL:  p.BaseURL != "",
		keyName:     "public_api_key in the profile " + f.Profile, baseURLName: "its base_url",
	}
	if chosen.hasBaseURL {
		chosen.options = []client.Option{client.WithBaseURL(p.BaseURL)}
	}
	return chosen, nil
}

// isYunosKey reports whether the key's prefix is one that Yuno documents. Without a base
// URL the client rejects any other prefix too, in words for programmers.
func isYunosKey(publicKey string) bool {
	_, ok := wire.EnvironmentOfKey(publicKey)
	return ok
}

// environmentOf returns the name of Yuno's environment at a base URL, or "" for another
// service. An unknown host of Yuno's may be production.
func environmentOf(baseURL string) string {
	base, err := url.Parse(baseURL)
	if err != nil {
		return ""
	}
	if wire.IsProductionHost(base.Host) {
		return wire.Production
	}
	env, _ := wire.EnvironmentOfHost(base.Host)
	return env.Name
}
