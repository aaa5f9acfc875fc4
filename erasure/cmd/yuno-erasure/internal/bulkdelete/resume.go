package bulkdelete

import "slices"

// resumeCommand is the command that goes on with what this one began.
func (c *Command) resumeCommand() string {
	text, resumes := "yuno-erasure", false
	for i, arg := range c.args {
		if arg == "--" && !resumes {
			text, resumes = text+" --resume", true
		}
		text += " " + quoted(arg)
		resumes = resumes || arg == "--resume" && !slices.Contains(c.args[:i], "--")
	}
	if !resumes {
		text += " --resume"
	}
	return text
}
