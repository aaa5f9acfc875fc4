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
	"github.com/yuno-community/yuno-customers/erasure/internal/ownfile"
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
// $XDG_CONFIG_HOME/yuno-erasure/config.yaml, or where the system keeps such files. It
// returns "" for a user without a home: a file in the current folder may be anybody's.
func ProfilesPath() string {
	dir, err := os.UserConfigDir()
	if err != nil || !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "yuno-erasure", "config.yaml")
}

// ProfileNames returns the names of the profiles, for completion; none if the file cannot
// be used.
func ProfileNames() []string {
	path := ProfilesPath()
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer file.Close()
	if checkOwn(file, path) != nil {
		return nil
	}
	profiles, err := parseProfiles(file, path, "NAME")
	if err != nil {
		return nil
	}
	return slices.Sorted(maps.Keys(profiles))
}

// readProfile reads one profile. It rejects a file that other users can read, because it
// contains keys, and one that they can write or replace, because it decides where the keys
// and the customers' ids are sent.
func readProfile(path, name string) (profile, error) {
	if path == "" {
		return profile{}, command.NewUsageError("--profile needs a home folder, and HOME and XDG_CONFIG_HOME name none",
			"setting HOME to yours, or the environment; see yuno-erasure delete --help")
	}
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
	if err := checkOwn(file, path); err != nil {
		return profile{}, err
	}
	profiles, err := parseProfiles(file, path, name)
	if err != nil {
		return profile{}, err
	}
	p, ok := profiles[name]
	if !ok {
		names := slices.Sorted(maps.Keys(profiles))
		return profile{}, command.NewUsageError(fmt.Sprintf("%s has no profile %q", path, name),
			"one of: "+strings.Join(names, ", "))
	}
	return p, nil
}

// checkOwn rejects a profiles file that is not its user's alone. It looks at the file that
// was opened, and so follows links: what a link leads to has to be the user's as well.
func checkOwn(file *os.File, path string) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if runtime.GOOS == "windows" { // keeps permissions elsewhere, and shows 0666 for every file
		return nil
	}
	if info.Mode().Perm()&0o077 != 0 {
		return command.NewUsageError(
			fmt.Sprintf("%s contains keys and is accessible to other users (mode %04o)", path, info.Mode().Perm()), "chmod 600 "+path)
	}
	if uid, foreign := ownfile.Foreign(info); foreign {
		return command.NewUsageError(fmt.Sprintf("%s belongs to another user (%d), who chooses where the ids are sent", path, uid), "a file of your own")
	}
	target, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	for _, folder := range []string{filepath.Dir(path), filepath.Dir(target)} {
		if err := checkOwnFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

// checkOwnFolder rejects a folder in which other users could replace a file.
func checkOwnFolder(folder string) error {
	info, err := os.Stat(folder)
	if err != nil {
		return err
	}
	if uid, foreign := ownfile.Foreign(info); foreign {
		return command.NewUsageError(fmt.Sprintf("the folder %s belongs to another user (%d), who can replace the profiles in it", folder, uid), "a folder of your own")
	}
	if info.Mode().Perm()&0o022 != 0 {
		return command.NewUsageError(fmt.Sprintf("other users can replace the profiles in the folder %s (mode %04o)", folder, info.Mode().Perm()), "chmod go-w "+folder)
	}
	return nil
}

// parseProfiles returns the profiles of an open file. name is for an example of the form.
func parseProfiles(file io.Reader, path, name string) (map[string]profile, error) {
	var config struct {
		Profiles map[string]profile `yaml:"profiles"`
	}
	dec := yaml.NewDecoder(file)
	dec.KnownFields(true)
	if err := dec.Decode(&config); err != nil {
		return nil, command.NewUsageError(path+": "+command.YAMLError(err),
			"profiles: {"+name+": {account_code: ..., public_api_key: ..., private_secret_key: ..., base_url: ...}}")
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, command.NewUsageError(path+": contains more than one document: everything after the first --- would be ignored",
			"one document")
	}
	return config.Profiles, nil
}
