package client

// NewTransport is the default transport, to be given a test's certificate.
var NewTransport = newTransport
