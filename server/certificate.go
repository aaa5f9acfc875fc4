package server

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a key pair in two files, read again when they change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	stamp   stamp // of the files when last read, well or badly
	current *tls.Certificate
}

// stamp tells versions of the two files apart.
type stamp struct{ cert, key fileStamp }

type fileStamp struct {
	modified time.Time
	size     int64
}

func loadCertificate(certFile, keyFile string) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: slog.Default()}
	stamp, err := c.look()
	if err != nil {
		return nil, err
	}
	pair, err := tls.LoadX509KeyPair(certFile, keyFile)
	if err != nil {
		return nil, err
	}
	c.stamp, c.current = stamp, &pair
	return c, nil
}

// look takes two stat calls, which is nothing beside a handshake. It follows
// symbolic links, which is how Kubernetes replaces both files at once.
func (c *certificate) look() (stamp, error) {
	cert, err := os.Stat(c.certFile)
	if err != nil {
		return stamp{}, err
	}
	key, err := os.Stat(c.keyFile)
	if err != nil {
		return stamp{}, err
	}
	return stamp{
		cert: fileStamp{cert.ModTime(), cert.Size()},
		key:  fileStamp{key.ModTime(), key.Size()},
	}, nil
}

// get is a tls.Config.GetCertificate. It never fails: an old pair serves most clients
// for a while yet, and no pair serves nobody.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	stamp, err := c.look()
	if err != nil || stamp == c.stamp {
		return c.current, nil
	}
	// Remembered before the files are read: a pair written in two steps is tried
	// once after the first and once after the second, not at every handshake.
	c.stamp = stamp
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		c.log.Warn("certificate not reloaded; the previous one stays in use", slog.Any("error", err))
		return c.current, nil
	}
	c.current = &pair
	c.log.Info("certificate reloaded", slog.Time("not_after", pair.Leaf.NotAfter))
	return c.current, nil
}
