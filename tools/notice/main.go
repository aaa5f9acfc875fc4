// Command notice writes the licences of everything that a program links, for those who
// pass the program on: most licences want their text to go with it.
//
//	notice [-check] MODULE PACKAGE
//
// MODULE is the folder of the module, PACKAGE the program in it. The result is the file
// NOTICE in that folder; -check compares it and writes nothing. A module without a
// licence, or with one that this command does not know, is an error. There is no
// compatibility promise.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "compare the file and write nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *check, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, check bool, args []string) error {
	if len(args) != 2 {
		return errors.New("usage: notice [-check] MODULE PACKAGE")
	}
	modules, err := linked(ctx, args[0], args[1])
	if err != nil {
		return err
	}
	text, err := notice(filepath.Base(args[1]), modules)
	if err != nil {
		return err
	}
	path := filepath.Join(args[0], "NOTICE")
	if !check {
		return os.WriteFile(path, text, 0o644)
	}
	if current, err := os.ReadFile(path); err != nil || !bytes.Equal(current, text) {
		return fmt.Errorf("stale: %s (run make notice)", path)
	}
	return nil
}
