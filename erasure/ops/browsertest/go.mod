module github.com/yuno-community/yuno-customers/erasure/ops/browsertest

go 1.26.0

replace (
	github.com/yuno-community/yuno-customers => ../../..
	github.com/yuno-community/yuno-customers/erasure => ../..
)

require (
	github.com/chromedp/cdproto v0.159.0
	github.com/chromedp/chromedp v0.23.0
	github.com/yuno-community/yuno-customers/erasure v0.0.0
)

require (
	github.com/go-json-experiment/json v0.0.0-20260213210345-44df1a37e875 // indirect
	github.com/yuno-community/yuno-customers v0.0.0 // indirect
)
