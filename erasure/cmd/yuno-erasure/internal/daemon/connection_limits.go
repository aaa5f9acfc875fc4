package daemon

import "log/slog"

const (
	// enoughFiles is the usual limit of open files. With fewer, connections are few.
	enoughFiles = 1024
	// manyFiles is more than is ever needed.
	manyFiles = 1 << 20

	// ownFiles is what the database, the log and the listeners have open.
	ownFiles = 96
)

// connectionLimits are how many connections each listener may have open. What they leave
// of the files that the process may open is for the database and the providers.
type connectionLimits struct{ api, operations int }

// limitsFor divides the files that a process may open.
func limitsFor(files int) connectionLimits {
	return connectionLimits{
		api:        min(max((files-ownFiles)/2, 16), 8192),
		operations: min(max(files/16, 8), 64),
	}
}

// warn says that the limits are low because the process may open few files.
func (l connectionLimits) warn(log *slog.Logger, files int) {
	if files < enoughFiles {
		log.Warn("this process may open few files (ulimit -n), which limits its connections: raise it to 1024 or more",
			"files", files, "api_connections", l.api, "operations_connections", l.operations)
	}
}
