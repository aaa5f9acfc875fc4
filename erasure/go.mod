module github.com/yuno-community/yuno-customers/erasure

go 1.26.0

replace github.com/yuno-community/yuno-customers => ..

require github.com/yuno-community/yuno-customers v0.0.0

require (
	github.com/alecthomas/kong v1.17.0
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/oapi-codegen/runtime v1.8.0 // indirect
)
