package bulkdelete

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
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

// ProfilesPath returns the path of the profiles file:
// $XDG_CONFIG_HOME/yuno-erasure/config.yaml, or where the system keeps such files.
func ProfilesPath() string {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "yuno-erasure/config.yaml"
	}
	return filepath.Join(dir, "yuno-erasure", "config.yaml")
}

// readProfile reads one profile. It rejects a file that other users can read, because
// it contains keys.
func readProfile(path, name string) (profile, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return profile{}, command.NewUsageError("there is no file "+path,
			"create it with mode 0600: profiles: {"+name+": {account_code: ..., public_api_key: ..., private_secret_key: ...}}")
	}
	if err != nil {
		return profile{}, command.NewUsageError(path+": "+reason(err),
			"fix that, or use the environment; see yuno-erasure delete --help")
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return profile{}, err
	}
	// Windows keeps permissions elsewhere, and shows 0666 for every file.
	if info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows" {
		return profile{}, command.NewUsageError(
			fmt.Sprintf("%s contains keys and is accessible to other users (mode %04o)", path, info.Mode().Perm()), "chmod 600 "+path)
	}
	var config struct {
		Profiles map[string]profile `yaml:"profiles"`
	}
	dec := yaml.NewDecoder(file)
	dec.KnownFields(true)
	if err := dec.Decode(&config); err != nil {
		return profile{}, command.NewUsageError(path+": "+command.YAMLError(err),
			"profiles: {"+name+": {account_code: ..., public_api_key: ..., private_secret_key: ..., base_url: ...}}")
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return profile{}, command.NewUsageError(path+": contains more than one document: everything after the first --- would be ignored",
			"one document")
	}
	p, ok := config.Profiles[name]
	if !ok {
		names := slices.Sorted(maps.Keys(config.Profiles))
		return profile{}, command.NewUsageError(fmt.Sprintf("%s has no profile %q", path, name),
			"one of: "+strings.Join(names, ", "))
	}
	return p, nil
}
