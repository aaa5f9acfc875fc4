package sandbox_test

var _ = addRead("retrieve-customer", "/customers/c1")
