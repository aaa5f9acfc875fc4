package sandbox_test

import "net/url"

var _ = addRead("retrieve-customer-by-external-id", "/customers?merchant_customer_id="+url.QueryEscape(ada.MerchantCustomerID))
