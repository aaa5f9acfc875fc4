package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

// KeysCommand is the keys subcommand.
type KeysCommand struct {
	Rotate    keysRotateCommand    `cmd:"" help:"Make a new master key and wrap every key in the database under it. The old one stays in the file."`
	DropOlder keysDropOlderCommand `cmd:"" help:"Destroy the old master keys in the file, once every process has the new one."`
}

// keyFileFlags are the flags of subcommands that change the key file.
type keyFileFlags struct {
	database.Flags       `embed:""`
	command.JSONFlag     `embed:""`
	command.OperatorFlag `embed:""`
}

// Validate is called by the parser.
func (f keyFileFlags) Validate() error {
	return errors.Join(f.OperatorFlag.Validate(), f.Flags.Validate())
}

// keyFile returns the file with the master key. It fails if there is none to change.
func (f keyFileFlags) keyFile() (string, error) {
	if err := f.MustExist(); err != nil {
		return "", err
	}
	if os.Getenv(seal.EnvKey) != "" {
		return "", command.NewUsageError(seal.EnvKey+" contains the key itself, which this command cannot change",
			"write the key to a file, set "+seal.EnvKeyFile+" to its path, and run again")
	}
	path := os.Getenv(seal.EnvKeyFile)
	if path == "" {
		path = f.KeyPath()
	}
	if path == "" {
		return "", command.NewUsageError(seal.EnvKeyFile+" is not set", "set it to the path of the key file, and run again")
	}
	if _, err := os.Stat(path); err != nil {
		return "", errors.New("there is no master key file " + database.Absolute(path))
	}
	return path, nil
}

// lockKeyFile returns the file with the master key, locked for this process.
func (f keyFileFlags) lockKeyFile() (path string, unlock func(), err error) {
	path, err = f.keyFile()
	if err != nil {
		return "", nil, err
	}
	unlock, err = database.LockKeyFile(path)
	return path, unlock, err
}

// wayOut is what to do about rows that do not open.
const wayOut = "\nTry: bring back the key file or the row that belongs to them; or import such a customer again, and settle such a target by hand " +
	"(yuno-erasure erasures resolve, once it is action_required); or give them up with yuno-erasure keys drop-older --leave-unopened"

// explainRewrap adds the way out to an error about rows that do not open.
func explainRewrap(err error) error {
	if errors.As(err, new(*sqlstore.UnopenedError)) {
		return fmt.Errorf("%w; all others are wrapped under the newest master key%s", err, wayOut)
	}
	return err
}

type keysRotateCommand struct {
	keyFileFlags `embed:""`
}

// Help is shown by keys rotate --help.
func (keysRotateCommand) Help() string {
	return "Works on the key file (" + seal.EnvKeyFile + ", or the one beside an SQLite database). A server that reads that file loads the new key by itself, within ten seconds. A server with a copy of the file, or with the key in its environment, needs the new one: until then it responds with 503 to deletes, its targets wait, and it is not ready. Nothing is lost. The old key stays in the file until keys drop-older, or until serve --keep-master-keys destroys it.\n\n" +
		"A row that does not open is named, and left as it is; all others get the new key." + `

Examples:

  yuno-erasure keys rotate
  ` + seal.EnvKeyFile + `=/etc/yuno-erasure/master.key yuno-erasure keys rotate --database 'postgres://erasure@db.internal/erasure?sslmode=verify-full'`
}

// Run rotates the master key.
func (c *keysRotateCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	path, unlock, err := c.lockKeyFile()
	if err != nil {
		return err
	}
	defer unlock()
	// A key that does not open the database must not be replaced.
	old, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	if err := old.Close(); err != nil {
		return err
	}
	ring, err := seal.Rotate(path)
	if err != nil {
		return err
	}
	store, err := sqlstore.Open(ctx, c.Database, ring, sqlstore.Options{})
	if err != nil {
		return c.Describe(err)
	}
	defer store.Close()
	now := time.Now()
	changed, err := store.Rewrap(c.Acting(ctx, ""), now, nil)
	if err != nil {
		return fmt.Errorf("%s has a new master key, and %s wrapped under it: %w (the old master keys are still in the file; keys drop-older continues)",
			database.Absolute(path), command.Count(changed, "key is", "keys are"), explainRewrap(err))
	}
	waiting, err := store.Unconfirmed(ctx, now)
	if err != nil {
		return err
	}
	names := make([]string, len(waiting))
	for i, p := range waiting {
		names[i] = p.Name
	}
	text := fmt.Sprintf("%s has a new master key, and %s wrapped under it.\n", database.Absolute(path), command.Count(changed, "key is", "keys are"))
	if len(names) > 0 {
		text += "Not yet confirmed by: " + strings.Join(names, ", ") + ".\n"
	}
	text += "Next: copy the file to every server that does not read this one, and replace your backup of it; then run yuno-erasure keys drop-older, which refuses until every process has the new key, or leave it to serve --keep-master-keys."
	return c.Print(stdout, map[string]any{"file": database.Absolute(path), "rewrapped": changed, "unconfirmed": names}, "%s", text)
}

type keysDropOlderCommand struct {
	keyFileFlags `embed:""`

	OlderThan     command.Days `help:"Destroy only keys that were replaced longer ago, such as 90d." default:"0" placeholder:"DURATION"`
	LeaveUnopened bool         `help:"Go on although some rows do not open with any key in the file: they are given up."`
}

// Help is shown by keys drop-older --help.
func (keysDropOlderCommand) Help() string {
	return `Removes the old master keys from the file, after everything in the database was wrapped under the newest one. What they had sealed can then be read nowhere, in old backups of the database neither, unless a copy of the key is left: replace every copy and every backup of the key file, too.

Nothing is removed while a process runs that has not confirmed the newest key: it is named, with what to do. A process says every ten seconds which keys it has, and one that ended without a word counts as running for two minutes. After that, it has twenty seconds more to say something, because it may run and the database was away. Nothing is removed either while a row does not open: it is named.

Examples:

  yuno-erasure keys drop-older
  yuno-erasure keys drop-older --older-than 90d`
}

// Validate is called by the parser.
func (c *keysDropOlderCommand) Validate() error {
	return cmp.Or(command.ZeroOrWithin("--older-than", c.OlderThan.Duration(), time.Second, command.LongestDeadline), c.keyFileFlags.Validate())
}

// Run drops the older master keys.
func (c *keysDropOlderCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	path, unlock, err := c.lockKeyFile()
	if err != nil {
		return err
	}
	defer unlock()
	store, err := c.Open(ctx, stderr)
	if err != nil {
		return err
	}
	defer store.Close()
	dropped, err := store.DropKeys(c.Acting(ctx, ""), sqlstore.DropRequest{
		At: time.Now(), Keep: c.OlderThan.Duration(), LeaveUnopened: c.LeaveUnopened,
		Listening: func(d time.Duration, processes int) {
			fmt.Fprintf(stderr, "Waiting %v: %s ended without a word, or could not say anything.\n", d, command.Count(processes, "process", "processes"))
		},
	})
	if err != nil {
		return explainRewrap(err)
	}
	ids := make([]string, len(dropped))
	for i, id := range dropped {
		ids[i] = id.String()
	}
	facts := map[string]any{"file": database.Absolute(path), "dropped": ids}
	if len(store.KeyIDs()) > 1 {
		return c.Print(stdout, facts, "%s: %s destroyed; younger ones are kept.", database.Absolute(path), command.Count(len(ids), "key", "keys"))
	}
	return c.Print(stdout, facts, "%s contains only the current master key.", database.Absolute(path))
}
