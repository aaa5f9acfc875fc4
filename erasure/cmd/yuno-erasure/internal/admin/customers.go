package admin

// CustomersCommand is the customers subcommand.
type CustomersCommand struct {
	Find   customersFindCommand   `cmd:"" help:"Print the ids of the customers with a merchant_customer_id."`
	Import customersImportCommand `cmd:"" help:"Import customers from a JSONL file."`
}
