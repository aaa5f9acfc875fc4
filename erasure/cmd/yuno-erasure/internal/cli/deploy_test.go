package cli

import (
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"

	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/internal/testprogram"
)

var deployFolder = filepath.Join("..", "..", "..", "..", "..", "deploy")

// commandLine is how a file of deploy/ calls the program.
type commandLine struct {
	where string // which file, and which of its parts
	args  []string
	env   map[string]string
}

// Every command line in deploy/ is one that the program accepts, with the variables beside
// it, and all of these are its own.
func TestCommandLinesOfDeployments(t *testing.T) {
	lines := slices.Concat(containerLines(t), composeLines(t), kubernetesLines(t), unitLines(t))
	known := map[string]bool{seal.EnvKey: true, seal.EnvKeyFile: true}
	forEach(newParser(t, &root{}).Model.Node, nil, func(node *kong.Node, _ []string) {
		for _, flag := range node.Flags {
			for _, name := range flag.Envs {
				known[name] = true
			}
		}
	})
	commands := map[string]int{}
	for _, line := range lines {
		t.Run(line.where, func(t *testing.T) {
			folder := t.TempDir()
			for name, value := range line.env {
				if strings.HasPrefix(name, "YUNO_") && !known[name] {
					t.Errorf("nothing reads the variable %s", name)
				}
				t.Setenv(name, inFolder(t, folder, value))
			}
			args := slices.Clone(line.args)
			for i := range args {
				args[i] = inFolder(t, folder, strings.ReplaceAll(args[i], "$(POD_IP)", "192.0.2.1"))
			}
			if len(args) == 1 && args[0] == "--help" {
				return
			}
			if _, err := newParser(t, &root{}).Parse(args); err != nil {
				t.Errorf("%q: %v", line.args, err)
			}
			commands[line.args[0]]++
		})
	}
	if want := map[string]int{"serve": 6, "migrate": 2, "healthcheck": 1}; !maps.Equal(commands, want) {
		t.Errorf("found %v, want %v", commands, want)
	}
}

// inFolder returns a configuration file's path in a folder, where it is created, and any
// other value unchanged.
func inFolder(t *testing.T, folder, value string) string {
	t.Helper()
	if !strings.HasPrefix(value, "/etc/yuno-erasure/") {
		return value
	}
	path := filepath.Join(folder, filepath.Base(value))
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// containerLines returns what an image runs, and how it is asked for its health.
func containerLines(t *testing.T) []commandLine {
	t.Helper()
	text := readDeployed(t, "Containerfile")
	list := func(instruction string) (words []string) {
		found := regexp.MustCompile(`(?m)\b` + instruction + ` (\[.*\])$`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("the Containerfile has no %s", instruction)
		}
		if err := json.Unmarshal([]byte(found[1]), &words); err != nil {
			t.Fatalf("%s: %v", instruction, err)
		}
		return words
	}
	env := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^ENV ([A-Z_]+)=(\S+)$`).FindAllStringSubmatch(text, -1) {
		env[found[1]] = found[2]
	}
	health := regexp.MustCompile(`(?ms)^HEALTHCHECK .*? CMD (\[.*?\])$`).FindStringSubmatch(text)
	var healthcheck []string
	if health == nil || json.Unmarshal([]byte(health[1]), &healthcheck) != nil {
		t.Fatal("the Containerfile has no HEALTHCHECK")
	}
	entrypoint := list("^ENTRYPOINT")
	if !slices.Equal(entrypoint, healthcheck[:1]) || !strings.Contains(text, "/out/yuno-erasure "+filepath.Dir(entrypoint[0])+"/\n") {
		t.Errorf("the image has another program than %q", entrypoint)
	}
	return []commandLine{
		{"Containerfile/CMD", list("^CMD"), env},
		{"Containerfile/HEALTHCHECK", healthcheck[1:], env},
	}
}

func composeLines(t *testing.T) (lines []commandLine) {
	t.Helper()
	var file struct {
		Services map[string]struct {
			Image       string
			Command     []string
			Environment map[string]string
			Networks    []string
		}
		Networks map[string]any
	}
	decodeDeployed(t, "compose/compose.yaml", func(d *yaml.Decoder) error { return d.Decode(&file) })
	for name, service := range file.Services {
		for _, network := range service.Networks {
			if _, ok := file.Networks[network]; !ok {
				t.Errorf("the service %s is in a network %s, which does not exist", name, network)
			}
		}
		if strings.HasPrefix(service.Image, "yuno-erasure:") {
			lines = append(lines, commandLine{"compose/" + name, service.Command, service.Environment})
		}
	}
	return lines
}

// kubernetesObject is what the tests need of an object of Kubernetes.
type kubernetesObject struct {
	Kind     string
	Metadata struct{ Name string }
	Data     map[string]string
	Spec     struct {
		Template struct {
			Spec struct {
				Containers []struct {
					Image   string
					Args    []string
					EnvFrom []struct {
						ConfigMapRef struct{ Name string } `yaml:"configMapRef"`
					} `yaml:"envFrom"`
					Env []struct {
						Name, Value string
						ValueFrom   struct {
							SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
						} `yaml:"valueFrom"`
					}
				}
			}
		}
	}
}

func kubernetesLines(t *testing.T) (lines []commandLine) {
	t.Helper()
	objects := kubernetesObjects(t)
	settings := map[string]map[string]string{}
	for _, object := range objects {
		if object.Kind == "ConfigMap" {
			settings[object.Metadata.Name] = object.Data
		}
		if object.Kind == "Secret" {
			t.Errorf("the Secret %s is in the files", object.Metadata.Name)
		}
	}
	for _, object := range objects {
		for _, container := range object.Spec.Template.Spec.Containers {
			env := map[string]string{}
			for _, from := range container.EnvFrom {
				if name := from.ConfigMapRef.Name; name != "" && settings[name] == nil {
					t.Errorf("%s: there is no ConfigMap %s", object.Metadata.Name, name)
				} else {
					maps.Copy(env, settings[name])
				}
			}
			for _, variable := range container.Env {
				if variable.Name == seal.EnvKey && variable.ValueFrom.SecretKeyRef.Key == "" {
					t.Errorf("%s: the master key is in the file", object.Metadata.Name)
				}
				env[variable.Name] = variable.Value
			}
			lines = append(lines, commandLine{"kubernetes/" + object.Metadata.Name, container.Args, env})
		}
	}
	return lines
}

// kubernetesObjects returns the objects of the files that kustomization.yaml names, which
// are all files.
func kubernetesObjects(t *testing.T) (objects []kubernetesObject) {
	t.Helper()
	var kustomization struct{ Resources []string }
	decodeDeployed(t, "kubernetes/kustomization.yaml", func(d *yaml.Decoder) error { return d.Decode(&kustomization) })
	files, err := filepath.Glob(filepath.Join(deployFolder, "kubernetes", "*.yaml"))
	if err != nil || len(files) != len(kustomization.Resources)+1 {
		t.Errorf("kustomization.yaml names %q, but the folder has %q: %v", kustomization.Resources, files, err)
	}
	for _, resource := range kustomization.Resources {
		decodeDeployed(t, "kubernetes/"+resource, func(d *yaml.Decoder) error {
			var object kubernetesObject
			if err := d.Decode(&object); err != nil {
				return err
			}
			objects = append(objects, object)
			return nil
		})
	}
	return objects
}

func unitLines(t *testing.T) []commandLine {
	t.Helper()
	text := readDeployed(t, "systemd/yuno-erasure.service")
	env := map[string]string{}
	for _, found := range regexp.MustCompile(`(?m)^Environment=([A-Z_]+)=(\S+)$`).FindAllStringSubmatch(text, -1) {
		env[found[1]] = found[2]
	}
	start := regexp.MustCompile(`(?m)^ExecStart=/usr/bin/yuno-erasure (.+)$`).FindStringSubmatch(text)
	if start == nil {
		t.Fatal("the unit has no ExecStart")
	}
	return []commandLine{{"systemd/yuno-erasure.service", strings.Fields(start[1]), env}}
}

// The unit leaves the program few rights, by the count of systemd itself.
func TestUnitIsHardened(t *testing.T) {
	t.Parallel()
	program := testprogram.Find(t, "systemd-analyze")
	unit := filepath.Join(deployFolder, "systemd", "yuno-erasure.service")
	const most = "20" // tenths
	output, err := exec.CommandContext(t.Context(), program, "security", "--offline=true", "--threshold="+most, "--no-pager", unit).CombinedOutput()
	if err != nil && strings.Contains(string(output), "unrecognized option") {
		t.Skipf("systemd-analyze is too old: %s", output)
	}
	if err != nil || !strings.Contains(string(output), "Overall exposure level") {
		t.Errorf("%v\n%s", err, output)
	}
}

func readDeployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deployFolder, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// decodeDeployed calls decode until the documents of a YAML file end.
func decodeDeployed(t *testing.T, name string, decode func(*yaml.Decoder) error) {
	t.Helper()
	documents := yaml.NewDecoder(strings.NewReader(readDeployed(t, name)))
	for {
		switch err := decode(documents); {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			t.Fatalf("%s: %v", name, err)
		}
	}
}
