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

// KeysCommand is the keys subcommand.
type KeysCommand struct {
	Rotate    keysRotateCommand    `cmd:"" help:"Make a new master key and wrap every key in the database under it. The old one stays in the file."`
	DropOlder keysDropOlderCommand `cmd:"" help:"Remove the old master keys from the file, once every server has the new one."`
}

// keyFileFlags are the flags of subcommands that change the key file.
type keyFileFlags struct {
	database.Flags   `embed:""`
	command.JSONFlag `embed:""`
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

// lockKeyFile returns the file with the master key, locked for this process: of two
// concurrent rotations, one would lose the key of the other.
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
		return "", nil, errors.New("another keys command is working on " + database.Absolute(path))
	}
	return path, func() { _ = lock.Unlock() }, nil
}

// rewrap wraps every key in the database under the ring's current master key. It returns
// how many were wrapped under another one.
func (f keyFileFlags) rewrap(ctx context.Context, ring *seal.Ring) (changed int, err error) {
	store, err := sqlstore.Open(ctx, f.Database, ring, sqlstore.Options{})
	if err != nil {
		return 0, f.Describe(err)
	}
	defer store.Close()
	changed, err = store.Rewrap(ctx, nil)
	if err != nil {
		return changed, fmt.Errorf("after %d keys: %w (the old master keys are still in the file; keys drop-older continues)",
			changed, err)
	}
	return changed, store.Close()
}

type keysRotateCommand struct {
	keyFileFlags `embed:""`
}

// Help is shown by keys rotate --help.
func (keysRotateCommand) Help() string {
	return "Works on the key file (" + seal.EnvKeyFile + ", or the one beside an SQLite database). A server that reads that file loads the new key by itself, within ten seconds. A server with a copy of the file, or with the key in its environment, needs the new file at once: until then it responds with 500 to deletes and is not ready. The old key stays in the file until keys drop-older." + `

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
	changed, err := c.rewrap(ctx, ring)
	if err != nil {
		return err
	}
	return c.Print(stdout, map[string]any{"file": database.Absolute(path), "rewrapped": changed},
		"%s has a new master key, and %d keys are wrapped under it.\n"+
			"Next: copy the file to every server that does not read this one, now, and replace your backup of it; a minute later run yuno-erasure keys drop-older.",
		database.Absolute(path), changed)
}

type keysDropOlderCommand struct {
	keyFileFlags `embed:""`
}

// Help is shown by keys drop-older --help.
func (keysDropOlderCommand) Help() string {
	return `Removes the old master keys. Data written under an old key afterwards can never be read, so first make sure that every server has had the new file for ten seconds and that no import is running that began before the rotation. If data was written under an old key since the rotation, its key is wrapped under the new one and nothing is removed: run the command again.

Replace your backup of the key file: an older copy opens nothing any more.

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
	if changed > 0 { // a process does not have the new key yet
		return fmt.Errorf("%s since the rotation, and nothing was dropped: make sure that every server and every running import has the new key, then run it again",
			command.Count(changed, "key was wrapped under an old master key", "keys were wrapped under an old master key"))
	}
	if err := seal.DropOlder(path, ring.Current()); err != nil {
		return err
	}
	return c.Print(stdout, map[string]any{"file": database.Absolute(path)},
		"%s contains only the current master key.", database.Absolute(path))
}
