package bulkdelete

import (
	"net/url"
	"strings"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure/bulk"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
)

// destination is where deletes go.
type destination struct {
	client      *client.Client
	account     string
	baseURL     string
	environment string // of Yuno's; "" for anybody else's service
	careful     bool   // whether even one customer is asked about
}

// where says it to people. Only of Yuno is it known that it asks the providers.
func (d *destination) where() string {
	if d.environment == "" {
		return "at the service " + d.baseURL
	}
	return "in Yuno's " + d.environment + " (" + d.baseURL + "), and at every payment provider they have used"
}

const production = "production"

// destination returns the one of the chosen credentials. Its client reports
// overload to the pace.
func (f profileFlags) destination(pace *bulk.Pace) (*destination, error) {
	var creds client.Credentials
	opts := []client.Option{client.WithMiddleware(reportOverload(pace)), client.WithUserAgent("yuno-erasure")}
	key, base := client.EnvPublicAPIKey, client.EnvAPIEndpoint // what to mend
	given := false
	if f.Profile != "" {
		p, err := readProfile(ProfilesPath(), f.Profile)
		if err != nil {
			return nil, err
		}
		creds = client.Credentials{AccountCode: p.AccountCode, PublicAPIKey: p.PublicAPIKey, PrivateSecretKey: p.PrivateSecretKey}
		key, base = "public_api_key in the profile "+f.Profile, "its base_url"
		if given = p.BaseURL != ""; given {
			opts = append(opts, client.WithBaseURL(p.BaseURL))
		}
	} else {
		var err error
		if creds, err = client.CredentialsFromEnv(); err != nil {
			return nil, command.NewUsageError(err.Error(), "set them, or use --profile; see yuno-erasure delete --help")
		}
		fromEnv := client.OptionsFromEnv()
		given = len(fromEnv) > 0
		opts = append(opts, fromEnv...)
	}
	if !given && creds.PublicAPIKey != "" && !isYunosKey(creds.PublicAPIKey) {
		return nil, command.NewUsageError("the prefix of "+key+" names none of Yuno's environments", "setting "+base+" (accounts create prints it)")
	}
	yuno, err := client.New(creds, opts...)
	if err != nil {
		return nil, command.NewUsageError(strings.ReplaceAll(err.Error(), "\n", "; "), "mend them and run again")
	}
	environment := environmentOf(yuno.BaseURL())
	return &destination{
		client: yuno, account: creds.AccountCode, baseURL: yuno.BaseURL(), environment: environment,
		careful: environment == production || strings.HasPrefix(creds.PublicAPIKey, "prod_"),
	}, nil
}

// isYunosKey reports whether the key's prefix is one that Yuno documents. The client
// refuses any other without a base URL too, in the words of a program.
func isYunosKey(publicKey string) bool {
	for _, prefix := range []string{"sandbox_", "prod_", "staging_", "dev_"} {
		if strings.HasPrefix(publicKey, prefix) {
			return true
		}
	}
	return false
}

// environmentOf names Yuno's environment at a base URL, "" for one that is not
// Yuno's. A host of Yuno's that nobody has heard of may be production.
func environmentOf(baseURL string) string {
	base, err := url.Parse(baseURL)
	if err != nil {
		return ""
	}
	switch host := strings.TrimRight(strings.ToLower(base.Hostname()), "."); {
	case host == "api-sandbox.y.uno":
		return "sandbox"
	case host == "api-staging.y.uno":
		return "staging"
	case host == "api-dev.y.uno":
		return "dev"
	case host == "y.uno", strings.HasSuffix(host, ".y.uno"):
		return production
	}
	return ""
}
