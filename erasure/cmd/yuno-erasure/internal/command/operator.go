package command

import (
	"context"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"

	"github.com/yuno-community/yuno-customers/erasure"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// OperatorFlag is the --operator of every subcommand whose actions are recorded. Embed it.
type OperatorFlag struct {
	Operator string `help:"Who does this, for the record that actions list shows. Default: your login name." placeholder:"NAME" env:"YUNO_ERASURE_OPERATOR"`
}

// Validate is called by the parser.
func (f OperatorFlag) Validate() error {
	if f.Operator == "" {
		return nil
	}
	if err := erasure.CheckOperatorName(f.Operator); err != nil {
		return fmt.Errorf("--operator %w", err)
	}
	return nil
}

// Acting returns a context for one action. selection is what selects the targets, if ids do
// not.
func (f OperatorFlag) Acting(ctx context.Context, selection string) context.Context {
	name := f.Operator
	if name == "" {
		name = loginName(os.Getenv)
	}
	return sqlstore.WithActor(ctx, erasure.Actor{Name: name, Via: erasure.ViaCommand, Selection: selection})
}

// loginName returns the name of the person who called the command, also through sudo. In a
// container the user may have only a number.
func loginName(getenv func(string) string) string {
	names := []string{}
	if os.Getuid() == 0 {
		names = append(names, getenv("SUDO_USER"))
	}
	if current, err := user.Current(); err == nil {
		// Windows names the domain too.
		names = append(names, filepath.Base(strings.ReplaceAll(current.Username, `\`, "/")))
	}
	for _, name := range append(names, getenv("USER")) {
		if erasure.CheckOperatorName(name) == nil {
			return name
		}
	}
	return fmt.Sprintf("uid-%d", os.Getuid())
}
