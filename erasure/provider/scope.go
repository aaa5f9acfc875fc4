package provider

import "fmt"

// mask replaces a secret in a preview.
const mask = "***"

// scope holds the values of the names in a template.
type scope struct {
	parameters map[string]value
	local      map[string]string // references and values computed for one request
	masked     bool              // secrets render as mask
}

// value is a parameter's value. It is a function because package fmt prints
// strings inside structs, whatever methods their types have.
type value struct {
	secret bool
	reveal func() string
}

// value returns the value of a name. The name was checked when the description
// was read, but a customer may lack the reference.
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

// with returns the scope with more local names.
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
