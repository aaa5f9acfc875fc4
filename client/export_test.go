package client

// NewTransport returns the default transport, for tests to add a certificate to.
var NewTransport = newTransport
