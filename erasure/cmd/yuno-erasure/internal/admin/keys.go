package admin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/command"
	"github.com/yuno-community/yuno-customers/erasure/cmd/yuno-erasure/internal/database"
	"github.com/yuno-community/yuno-customers/erasure/seal"
	"github.com/yuno-community/yuno-customers/erasure/sqlstore"
)

type KeysCommand struct {
	Rotate    keysRotateCommand    `cmd:"" help:"Make a new master key and wrap every key in the database anew under it. The old one stays in the file."`
	DropOlder keysDropOlderCommand `cmd:"" help:"Remove the old master keys from the file, once every server has the new one."`
}

// keyFileFlags are the flags of subcommands that change the key file.
type keyFileFlags struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
}

// keyFile returns the file with the master key.
func (f keyFileFlags) keyFile() (string, error) {
	if err := f.MustExist(); err != nil {
		return "", err
	}
	if os.Getenv(seal.EnvKey) != "" {
		return "", command.NewUsageError(seal.EnvKey+" holds the key itself, which this command cannot change", "put it into a file, name that in "+seal.EnvKeyFile+", and run again")
	}
	path := os.Getenv(seal.EnvKeyFile)
	if path == "" {
		path = f.KeyPath()
	}
	if path == "" {
		return "", command.NewUsageError(seal.EnvKeyFile+" is not set", "set it to the key file, and run again")
	}
	if _, err := os.Stat(path); err != nil {
		return "", errors.New("there is no master key at " + database.Absolute(path))
	}
	return path, nil
}

// lockKeyFile returns the file with the master key for this process alone: of two
// rotations at once one would lose the key of the other.
func (f keyFileFlags) lockKeyFile() (path string, unlock func(), err error) {
	path, err = f.keyFile()
	if err != nil {
		return "", nil, err
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", nil, err
	}
	lock := flock.New(real + ".lock")
	switch locked, err := lock.TryLock(); {
	case err != nil:
		return "", nil, fmt.Errorf("locking the master key file: %w", err)
	case !locked:
		return "", nil, errors.New("another keys command works on " + database.Absolute(path))
	}
	return path, func() { _ = lock.Unlock() }, nil
}

// rewrap wraps every key in the database anew under the ring's current one.
func (f keyFileFlags) rewrap(ctx context.Context, ring *seal.Ring) (changed int, err error) {
	store, err := sqlstore.Open(ctx, f.Database, ring, sqlstore.Options{})
	if err != nil {
		return 0, f.Describe(err)
	}
	defer store.Close()
	changed, err = store.Rewrap(ctx, nil)
	if err != nil {
		return changed, fmt.Errorf("after %d keys: %w (the old keys are still in the file; keys drop-older goes on)", changed, err)
	}
	return changed, store.Close()
}

type keysRotateCommand struct {
	keyFileFlags `embed:""`
}

// Help is shown by keys rotate --help.
func (keysRotateCommand) Help() string {
	return "Works on the key file (" + seal.EnvKeyFile + ", or the one beside an SQLite database). A server that reads that file takes the new key up by itself, within ten seconds. One that has a copy, or the key in its environment, must be given the new file at once: until then it answers 500 to deletes and is not ready. The old key stays in the file until keys drop-older." + `

Examples:

  yuno-erasure keys rotate
  ` + seal.EnvKeyFile + `=/etc/yuno-erasure/master.key yuno-erasure keys rotate --database postgres://erasure@db.internal/erasure`
}

// Run rotates the master key.
func (c *keysRotateCommand) Run(ctx context.Context, stdout io.Writer, stderr command.Stderr) error {
	path, unlock, err := c.lockKeyFile()
	if err != nil {
		return err
	}
	defer unlock()
	// The key is not changed for a database that it does not open.
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
	changed, err := c.rewrap(ctx, ring)
	if err != nil {
		return err
	}
	return c.Print(stdout, map[string]any{"file": database.Absolute(path), "rewrapped": changed},
		"%s has a new master key, and %d keys are wrapped under it.\nNext: give it to every server that has another copy of it, now, and renew the copy that is kept apart; a minute later run yuno-erasure keys drop-older.", database.Absolute(path), changed)
}

type keysDropOlderCommand struct {
	keyFileFlags `embed:""`
}

// Help is shown by keys drop-older --help.
func (keysDropOlderCommand) Help() string {
	return `Removes the old keys. What is written under an old key after that can never be read: every server must have had the new file for ten seconds, and no customers import may be running that began before. If something was written under an old key since the rotation, that is wrapped anew and nothing is dropped: run it again then.

Renew the copy of the key file that you keep apart: an older one opens nothing any more.

Examples:

  yuno-erasure keys drop-older`
}

// Run drops the older master keys.
func (c *keysDropOlderCommand) Run(ctx context.Context, stdout io.Writer) error {
	path, unlock, err := c.lockKeyFile()
	if err != nil {
		return err
	}
	defer unlock()
	ring, _, err := seal.Load(os.Getenv, c.KeyPath())
	if err != nil {
		return err
	}
	changed, err := c.rewrap(ctx, ring)
	if err != nil {
		return err
	}
	if changed > 0 { // somebody has not taken up the new key yet
		return fmt.Errorf("%s since the rotation, and nothing was dropped: see that every server, and every import that runs, has the new key; then run it again",
			command.Count(changed, "key was wrapped under an old master key", "keys were wrapped under an old master key"))
	}
	if err := seal.DropOlder(path, ring.Current()); err != nil {
		return err
	}
	return c.Print(stdout, map[string]any{"file": database.Absolute(path)}, "%s holds the current master key only.", database.Absolute(path))
}
