package admin

import (
	"crypto/sha256"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/client"
	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/ops"
)

// AccountKeys are the keys of an account and the base URL to use them at. They are
// printed once: the database keeps only a hash of the secret key.
type AccountKeys struct {
	APIEndpoint      string `json:"api_endpoint"`
	AccountCode      string `json:"account_code"`
	PublicAPIKey     string `json:"public_api_key"`
	PrivateSecretKey string `json:"private_secret_key"`
}

// keyFlags are the flags of subcommands that make keys. The default prefix is none of
// Yuno's: from one of those, a client concludes that the keys are for Yuno.
type keyFlags struct {
	Prefix   string `help:"What the keys begin with: erasure_, prod_ or sandbox_." enum:"erasure_,prod_,sandbox_" default:"erasure_"`
	Endpoint string `help:"Base URL of this service, to print with the keys." default:"http://127.0.0.1:8080/v1"`
}

// newKeys returns new keys for an account, with the endpoint of the flag. It fails if a
// client would reject the endpoint.
func (f keyFlags) newKeys(code string) (AccountKeys, error) {
	keys := NewAccountKeys(code, f.Prefix)
	keys.APIEndpoint = f.Endpoint
	if _, err := client.New(keys.Credentials(), client.WithBaseURL(f.Endpoint)); err != nil {
		return AccountKeys{}, command.NewUsageError(fmt.Sprintf("--endpoint: %v", err),
			"--endpoint https://erasure.example.com/v1")
	}
	return keys, nil
}

// NewAccountKeys makes new keys for an account, without an endpoint. Both keys begin
// with the prefix.
func NewAccountKeys(code, prefix string) AccountKeys {
	publicKey, secretKey := ops.NewKeys(prefix)
	return AccountKeys{AccountCode: code, PublicAPIKey: publicKey, PrivateSecretKey: secretKey}
}

// Account returns the account as the database keeps it.
func (k AccountKeys) Account(createdAt time.Time) erasure.Account {
	return erasure.Account{
		Code: k.AccountCode, PublicKey: k.PublicAPIKey, SecretHash: k.secretHash(), CreatedAt: createdAt,
	}
}

func (k AccountKeys) secretHash() [sha256.Size]byte { return sha256.Sum256([]byte(k.PrivateSecretKey)) }

// Credentials returns the keys as a client takes them.
func (k AccountKeys) Credentials() client.Credentials {
	return client.Credentials{AccountCode: k.AccountCode, PublicAPIKey: k.PublicAPIKey, PrivateSecretKey: k.PrivateSecretKey}
}

// Print prints the keys with their endpoint, as lines for a shell or as JSON.
func (k AccountKeys) Print(w io.Writer, asJSON bool) error {
	if asJSON {
		return command.PrintJSON(w, k)
	}
	_, err := io.WriteString(w, shellExport(client.EnvAPIEndpoint, k.APIEndpoint)+
		shellExport(client.EnvAccountCode, k.AccountCode)+
		shellExport(client.EnvPublicAPIKey, k.PublicAPIKey)+
		shellExport(client.EnvPrivateSecretKey, k.PrivateSecretKey))
	return err
}

// printOnce prints keys that are in force already and cannot be printed again.
func (k AccountKeys) printOnce(w io.Writer, asJSON bool) error {
	if err := k.Print(w, asJSON); err != nil {
		return fmt.Errorf("account %s has new keys, but they could not be printed: %w (yuno-erasure accounts rotate replaces them)",
			k.AccountCode, err)
	}
	return nil
}

// shellExport returns a line for a shell that sets a variable. The value is quoted, so
// that it is one value whatever it contains.
func shellExport(name, value string) string {
	return "export " + name + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'\n"
}
