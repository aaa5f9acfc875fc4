package idlist

import (
	"strings"
	"testing"

	"github.com/yuno-community/yuno-customers/internal/wire/wiretest"
)

// What a list has in place of ids, by the reason that is given.
var notIDs = map[string][]string{
	"is an error of a spreadsheet": {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!", "#BEZUG!", "#NV", "#¡REF!", "#N/D", "#GETTING_DATA", "#####", "Err:502"},
	"is a placeholder":             {"NULL", "null", "N/A", "n/a", "NaN", "-", "--", "—", "none", "None", "nil", "undefined", "0", `""`, "(null)", "<null>", `\N`, "?", "00000000-0000-0000-0000-000000000000"},
	"in scientific notation":       {"1.23E+11", "5,5E+14", "5E+14", "1.0E10", "1,23457E+11", "1e+21", "-1.5e+9"},
	"is a number with decimals":    {"1234.0", "123456789012.00"},
	"is the name of a file":        {"my.csv", "ids.txt", "Kunden.XLSX", "list.json", "ids.txt.gz", "ids.txt.journal"},
	"is the name of a column":      {"id", "ID", "Customer ID", "customer_id", "customerId", "Customer-Id", "\ufeffCustomer ID", "uuid", "id_cliente", "ID do cliente", "customer"},
	"is a telephone number":        {"+5511987654321", "+55 11 98765-4321", "(11) 98765-4321", "11 98765-4321", "11-98765-4321", "5511987654321", "555-123-4567", "+1-202-555-0123"},
	"is the number of a payment":   {"4111111111111111", "4111-1111-1111-1111", "4111 1111 1111 1111", "378282246310005", "5555555555554444", "6011000990139424", "30569309025904"},
	"is a tax number": {"123.456.789-09", "12345678909", "111.444.777-35", "11144477735", "11.222.333/0001-81", "11222333000181", "12ABC34501DE35", "12.ABC.345/01DE-35",
		"219-09-9999", "20-12345678-9", "12.345.678-5", "12.345.678-K", "GODE561231GR8", "ABC010203AB9", "HEGG560427MVZRRL04"},
	"is the number of a bank": {"DE89370400440532013000", "GB82WEST12345698765432", "GB82 WEST 1234 5698 7654 32"},
	"is a date":               {"2026-01-02", "02-01-2026", "02/01/2026", "02.01.2026", "2026-01-02T03:04:05Z", "2026-01-02 03:04:05"},
	"e-mail address":          {"ada@example.com"},
	"contains":                {"c1|Ada", "c1;Ada", "c1,Ada", "c1 c2", "{", "[", "]", "},", `"c1",`, "c1\tAda", "Maria Silva", "#foo", "c\ufeff1", "Zoë"},
	"is empty":                {""},
	"no letter and no digit":  {"--------------------------------------", "...", "=====", "+------+"},
}

func TestWhatIsNoID(t *testing.T) {
	t.Parallel()
	for reason, texts := range notIDs {
		for _, text := range texts {
			err := CustomerIDs.Check(text)
			if err == nil || !strings.Contains(err.Error(), reason) {
				t.Errorf("%q: got %v, want %q", text, err, reason)
			}
			if len(text) > 4 && err != nil && strings.Contains(err.Error(), text) {
				t.Errorf("%q is repeated: %v", text, err)
			}
			record := CustomerIDs.record(1, text)
			if record.Err == nil || record.ID != "" {
				t.Errorf("%q: got %+v", text, record)
			}
		}
	}
}

// Near misses of the above are ids, of a service of one's own perhaps.
func TestWhatIsAnID(t *testing.T) {
	t.Parallel()
	for want, texts := range map[Look][]string{
		LikeYunos: {"0b1f7e0c-95f0-4a35-8f0d-6f3b0f3a3c11", "0B1F7E0C-95F0-4A35-8F0D-6F3B0F3A3C11", "11111111-1111-1111-1111-111111111111"},
		Opaque:    {"c1", "customer-1", "cus_NffrFeUfNV2Hib", "12e45", "5E14", "0b1f7e0c95f04a358f0d6f3b0f3a3c11", "acme:42", "id-1", "v1.0.1", "12ABC34501DE36", "CUST123456ABC", "4111111111111111a"},
		Doubtful:  {"12345", "1234567890", "4111111111111112", "12345678900", "11222333000182", "1700000000000", "maria", "BR", "active", "1.2.3", "99", "5411987654321"},
	} {
		for _, text := range texts {
			if record := CustomerIDs.record(1, text); record.Err != nil || record.ID != text || record.Look != want {
				t.Errorf("%q: got %+v, want look %d", text, record, want)
			}
		}
	}
}

// A merchant's own ids may be addresses and numbers of people.
func TestMerchantIDs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"ada@example.com", "+5511987654321", "12345678909", "A|1", "Ada 7", "42", "id"} {
		if record := MerchantCustomerIDs.record(1, text); record.Err != nil || record.Look != LikeYunos {
			t.Errorf("%q: %+v", text, record)
		}
	}
	for _, text := range []string{"#N/A", "NULL", "1.23E+11", "ids.csv", "0", strings.Repeat("x", 256)} {
		if record := MerchantCustomerIDs.record(1, text); record.Err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
	// The list accepts what the client accepts, but for what is no id in a list.
	wiretest.TestCustomerIDs(t, func(_ *testing.T, id string) bool {
		return id == "a.json" || id == "..." || CustomerIDs.Check(id) == nil
	})
}
