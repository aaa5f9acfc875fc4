package provider

import "fmt"

// mask stands for a secret in a preview.
const mask = "***"

// scope holds what the names in a template stand for.
type scope struct {
	parameters map[string]value
	local      map[string]string // references and what is computed for one request
	masked     bool              // secrets read as mask
}

// value is a parameter's value. It is a function because fmt prints the
// contents of strings inside structs, whatever methods their types have.
type value struct {
	secret bool
	reveal func() string
}

// value of a variable. That a name is defined was checked when the description
// was read; a defined reference can still be absent from a customer.
func (s scope) value(name string) (string, error) {
	if text, ok := s.local[name]; ok {
		return text, nil
	}
	v, ok := s.parameters[name]
	switch {
	case !ok:
		return "", fmt.Errorf("${%s}: %w", name, errMissing)
	case v.secret && s.masked:
		return mask, nil
	}
	return v.reveal(), nil
}

// with is the scope with more local names.
func (s scope) with(more map[string]string) scope {
	local := make(map[string]string, len(s.local)+len(more))
	for name, text := range s.local {
		local[name] = text
	}
	for name, text := range more {
		local[name] = text
	}
	s.local = local
	return s
}
