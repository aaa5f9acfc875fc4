package sqlstore

import "github.com/yuno-community/yuno-customers/erasure/seal"

// The functions in this file return the places of ciphertext in the database. They are
// part of its format: data that was sealed for one place does not open for another, so
// a place must never change.

func customerKey(account, id string) seal.Place {
	return seal.Place{"customers", account, id, "key"}
}

func customerPersonal(account, id string) seal.Place {
	return seal.Place{"customers", account, id, "personal"}
}

func customerLinks(account, id string) seal.Place {
	return seal.Place{"customers", account, id, "links"}
}

func customerMerchant(account string) seal.Place {
	return seal.Place{"customers", account, "merchant_mac"}
}

func targetKey(id string) seal.Place { return seal.Place{"targets", id, "key"} }

func targetRefs(id string) seal.Place { return seal.Place{"targets", id, "refs"} }

func checkKey() seal.Place { return seal.Place{"key_checks", "key"} }
