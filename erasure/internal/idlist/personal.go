package idlist

import (
	"strings"
	"time"
)

// personal returns what a text is if it certainly is another kind of personal data than
// an id of Yuno's, or another kind of value; or "". A table with a wrong column is full of
// them, and their characters are those of ids.
//
// Certain is a form that nothing else has (123.456.789-09), or check digits that fit: of
// other numbers of the same length, one in a hundred fits by chance, and none of these is
// an id of Yuno's, which has at least 36 characters. Other numbers are only doubtful,
// [Doubtful]: a service of one's own may have ids like that.
func personal(text string) string {
	if text == "" || len(text) > longestJunk {
		return ""
	}
	shape := shapeOf(text)
	if kind, found := shapes[shape]; found {
		return kind
	}
	digits, separated := digitsOf(text)
	switch {
	case strings.HasPrefix(text, "+") && len(digits) >= 7 && !hasLetter(text), isBrazilianPhone(text):
		return isPhone
	case len(digits) >= 13 && len(digits) <= 19 && digits[0] >= '2' && digits[0] <= '6' && isGrouped(shape) && luhn(digits):
		return "is the number of a payment card"
	case separated && isCPF(digits), isCNPJ(punctuation.Replace(text)):
		return isTax
	case strings.HasPrefix(shape, "9999-99-99A99:99"), strings.HasPrefix(shape, "9999-99-99 99:99"):
		return isDate
	case isIBAN(text):
		return "is the number of a bank account (IBAN)"
	case isMexican(text, shape):
		return isTax
	}
	return ""
}

const (
	isTax   = "is a tax number or another number of a person"
	isPhone = "is a telephone number"
	isDate  = "is a date"
)

// shapes are texts with a form that no id has. Digits are written as 9, letters as A.
var shapes = map[string]string{
	"999.999.999-99": isTax, "99.999.999/9999-99": isTax, // CPF, CNPJ
	"999-99-9999":   isTax,                                                                    // SSN
	"99-99999999-9": isTax,                                                                    // CUIT
	"99.999.999-9":  isTax, "9.999.999-9": isTax, "99.999.999-A": isTax, "9.999.999-A": isTax, // RUT
	"999.999.999-9": isTax, // NIT

	"(99) 99999-9999": isPhone, "(99) 9999-9999": isPhone, "(99)99999-9999": isPhone, "(999) 999-9999": isPhone,
	"99 99999-9999": isPhone, "99-99999-9999": isPhone, "999-999-9999": isPhone, "999.999.9999": isPhone,

	"9999-99-99": isDate, "99-99-9999": isDate, "99/99/9999": isDate, "9999/99/99": isDate, "99.99.9999": isDate, "9/9/9999": isDate,
}

// shapeOf returns the text with 9 for each digit and A for each letter.
func shapeOf(text string) string {
	shape := []byte(text)
	for i, c := range shape {
		switch {
		case isDigit(c):
			shape[i] = '9'
		case isLetter(c):
			shape[i] = 'A'
		}
	}
	return string(shape)
}

// digitsOf returns the digits of a text, and whether it has nothing else but what
// separates the groups of a number.
func digitsOf(text string) (digits string, only bool) {
	kept := make([]byte, 0, len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case isDigit(c):
			kept = append(kept, c)
		case !strings.ContainsRune(" .-/()+", rune(c)):
			return string(kept), false
		}
	}
	return string(kept), true
}

func hasLetter(text string) bool {
	for i := range len(text) {
		if isLetter(text[i]) {
			return true
		}
	}
	return false
}

// isGrouped reports whether a shape is digits as they are written on a card: together, or
// in groups of four or more.
func isGrouped(shape string) bool {
	groups := strings.FieldsFunc(shape, func(r rune) bool { return r == ' ' || r == '-' })
	for i, group := range groups {
		if strings.Trim(group, "9") != "" || len(group) < 4 && i < len(groups)-1 {
			return false
		}
	}
	return len(groups) > 0
}

// luhn reports whether the check digit of a card's number fits.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		n := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// isBrazilianPhone reports whether the text is a mobile number with the country's code and
// no plus sign, as exports have it: 55, the area, and nine digits that begin with 9.
func isBrazilianPhone(text string) bool {
	return len(text) == 13 && allDigits(text) && text[:2] == "55" && text[2] != '0' && text[3] != '0' && text[4] == '9'
}

func isCPF(digits string) bool {
	return len(digits) == 11 && strings.Trim(digits, digits[:1]) != "" &&
		checkDigit(digits[:9], 11) == digits[9] && checkDigit(digits[:10], 11) == digits[10]
}

// punctuation removes what separates the groups of a tax number.
var punctuation = strings.NewReplacer(".", "", "/", "", "-", "")

// isCNPJ reports whether the text is the tax number of a company: twelve digits or capital
// letters, and two check digits.
func isCNPJ(text string) bool {
	if len(text) != 14 || !allDigits(text[12:]) || strings.Trim(text, text[:1]) == "" {
		return false
	}
	for i := range len(text) {
		if !isDigit(text[i]) && (text[i] < 'A' || text[i] > 'Z') {
			return false
		}
	}
	return checkDigit(text[:12], 9) == text[12] && checkDigit(text[:13], 9) == text[13]
}

// checkDigit returns the check digit of Brazil's tax numbers. Weights grow from 2 at the
// right, and begin again after the highest.
func checkDigit(text string, highest int) byte {
	sum, weight := 0, 2
	for i := len(text) - 1; i >= 0; i-- {
		sum += int(text[i]-'0') * weight // a letter counts as its code less that of 0
		if weight++; weight > highest {
			weight = 2
		}
	}
	if rest := sum % 11; rest >= 2 {
		return byte('0' + 11 - rest) //nolint:gosec // at most 9
	}
	return '0'
}

// isIBAN reports whether the text is the number of a bank account, by its check digits.
func isIBAN(text string) bool {
	text = strings.ReplaceAll(text, " ", "")
	if len(text) < 15 || len(text) > 34 || !isLetter(text[0]) || !isLetter(text[1]) || !isDigit(text[2]) || !isDigit(text[3]) {
		return false
	}
	rest := 0
	for _, c := range []byte(strings.ToUpper(text[4:] + text[:4])) {
		switch {
		case isDigit(c):
			rest = (rest*10 + int(c-'0')) % 97
		case isLetter(c):
			rest = (rest*100 + int(c-'A') + 10) % 97
		default:
			return false
		}
	}
	return rest == 1
}

// isMexican reports whether the text is an RFC or a CURP: capital letters, a date of birth
// or foundation, and what tells namesakes apart.
func isMexican(text, shape string) bool {
	if text != strings.ToUpper(text) {
		return false
	}
	letters := strings.IndexByte(shape, '9')
	if letters != 3 && letters != 4 || len(text) != letters+9 && len(text) != 18 || strings.Trim(shape, "9A") != "" {
		return false
	}
	if len(text) == 18 && (letters != 4 || shape[:16] != "AAAA999999AAAAAA") {
		return false
	}
	_, err := time.Parse("060102", text[letters:letters+6])
	return err == nil
}
