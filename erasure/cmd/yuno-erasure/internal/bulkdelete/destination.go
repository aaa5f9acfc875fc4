package bulkdelete

import (
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
	tls         tlsFailure
}

// where describes the destination for people.
func (d *destination) where() string {
	if d.environment == "" {
		return "at the service " + d.baseURL
	}
	return "in Yuno's " + d.environment + " (" + d.baseURL + ")"
}

// whereErased is where customers are erased. Only Yuno is known to pass a deletion on to
// providers.
func (d *destination) whereErased() string {
	if d.environment == "" {
		return d.where()
	}
	return d.where() + ", and at every payment provider they have used"
}

// destination returns the destination that the chosen credentials belong to. Its client has
// the options, and reports overload to the pace.
func (f profileFlags) destination(pace *bulk.Pace, options ...client.Option) (*destination, error) {
	chosen, err := f.credentials()
	if err != nil {
		return nil, err
	}
	creds := chosen.Credentials
	if !chosen.hasBaseURL && creds.PublicAPIKey != "" && !isYunosKey(creds.PublicAPIKey) {
		return nil, command.NewUsageError("the prefix of "+chosen.keyName+" is none of Yuno's, and no base URL is set",
			"setting "+chosen.baseURLName+" (accounts create prints it)")
	}
	d := &destination{account: creds.AccountCode}
	opts := []client.Option{
		client.WithMiddleware(reportOverload(pace)), client.WithMiddleware(d.tls.middleware),
		client.WithUserAgent("yuno-erasure"),
	}
	opts = append(append(opts, chosen.options...), options...)
	if d.client, err = client.New(creds, opts...); err != nil {
		return nil, f.notUsable(err, chosen.baseURLName)
	}
	d.baseURL = d.client.BaseURL()
	d.environment = environmentOf(d.baseURL)
	d.careful = d.environment == wire.Production || wire.IsProductionKey(creds.PublicAPIKey)
	return d, nil
}

// notUsable says what the client rejects, in one line and by the names that the user knows.
func (f profileFlags) notUsable(err error, baseURLName string) error {
	names := strings.NewReplacer("Credentials.AccountCode", client.EnvAccountCode,
		"Credentials.PublicAPIKey", client.EnvPublicAPIKey, "Credentials.PrivateSecretKey", client.EnvPrivateSecretKey)
	if f.Profile != "" {
		names = strings.NewReplacer("Credentials.AccountCode", "account_code",
			"Credentials.PublicAPIKey", "public_api_key", "Credentials.PrivateSecretKey", "private_secret_key")
	}
	text := names.Replace(withoutKind(err))
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

// hintFor is hint for a result.
func (d *destination) hintFor(r bulk.Result) string { return d.hint(r.Outcome, r.Status, r.Code) }

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
