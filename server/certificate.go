package server

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a certificate chain and its key in two files. They are reloaded
// when they change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	version pairVersion // of the files at the last attempt to load them
	current *tls.Certificate
}

// pairVersion tells one version of the two files from another.
type pairVersion struct{ cert, key fileVersion }

type fileVersion struct {
	modified time.Time
	size     int64
}

func loadCertificate(certFile, keyFile string) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: slog.Default()}
	version, err := c.stat()
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.version, c.current = version, &pair
	return c, nil
}

// stat makes two system calls, which is nothing beside a handshake. It follows
// symbolic links, which is how Kubernetes replaces both files at once.
func (c *certificate) stat() (pairVersion, error) {
	cert, err := os.Stat(c.certFile)
	if err != nil {
		return pairVersion{}, err
	}
	key, err := os.Stat(c.keyFile)
	if err != nil {
		return pairVersion{}, err
	}
	return pairVersion{
		cert: fileVersion{cert.ModTime(), cert.Size()},
		key:  fileVersion{key.ModTime(), key.Size()},
	}, nil
}

// get implements tls.Config.GetCertificate. It never fails: the old pair still works
// for most clients; having none works for no one.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	version, err := c.stat()
	if err != nil || version == c.version {
		return c.current, nil
	}
	// Set before the files are read: a pair that is written in two steps is tried
	// once after each step, not at every handshake.
	c.version = version
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Warn("certificate not reloaded; the previous one stays in use", slog.Any("error", err))
		return c.current, nil
	}
	c.current = &pair
	c.log.Info("certificate reloaded", slog.Time("not_after", pair.Leaf.NotAfter))
	return c.current, nil
}
