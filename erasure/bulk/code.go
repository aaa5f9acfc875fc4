package bulk

// Codes of results without a response: why there is none. They take the place of the
// code that a response has.
const (
	CodeAborted           = "aborted"             // by [Job.Abort]
	CodeConnectionLost    = "connection_lost"     // it broke, and the request may have arrived
	CodeConnectionRefused = "connection_refused"  // nothing listens there
	CodeHostUnreachable   = "host_unreachable"    // there is no way to it from here
	CodeHostLookupFailed  = "host_lookup_failed"  // the name servers do not respond
	CodeNoSuchHost        = "no_such_host"        // the name servers do not know the name
	CodeNoResponse        = "no_response"         // any other reason, or the run was killed meanwhile
	CodeProxyFailed       = "proxy_failed"        // the proxy is away, or does not connect
	CodeTLSFailed         = "tls_failed"          // a certificate, a version, or a broken handshake
	CodeTimeout           = "timeout"             // no response in time
	CodeTooManyOpenFiles  = "too_many_open_files" // this machine's limit for the process
)

// CodeErasureUnfinished takes the place of CUSTOMER_NOT_FOUND if the service says that the
// customer was erased before, and that this erasure waits for a person: a provider may
// still have the customer's data. Yuno's own service does not say so.
const CodeErasureUnfinished = "erasure_unfinished"
