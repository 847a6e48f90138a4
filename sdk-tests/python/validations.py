"""Validations, through the published Python SDK.

Prints one line per step, and at the end which webhooks it has caused.
"""

import json

import voucherify

from support import client, refused, step

campaigns = voucherify.CampaignsApi(client)
customers = voucherify.CustomersApi(client)
validations = voucherify.ValidationsApi(client)
vouchers = voucherify.VouchersApi(client)


def create(code, **fields):
    body = voucherify.VouchersCreateWithSpecificCodeRequestBody(**fields)
    return vouchers.create_voucher(code, vouchers_create_with_specific_code_request_body=body)


def validate(**fields):
    body = voucherify.ValidationsValidateRequestBody.from_dict(fields)
    return validations.validate_stacked_discounts(validations_validate_request_body=body)


ada = customers.create_customer(voucherify.CustomersCreateRequestBody(source_id="ada", name="Ada"))
create(
    "OFF10",
    type="DISCOUNT_VOUCHER",
    discount={"type": "AMOUNT", "amount_off": 1000, "effect": "APPLY_TO_ORDER"},
    redemption={"quantity": 1},
)
create("CARD", type="GIFT_VOUCHER", gift={"amount": 5000, "effect": "APPLY_TO_ORDER"})
step("vouchers")

both = validate(
    redeemables=[
        {"object": "voucher", "id": "CARD", "gift": {"credits": 100}},
        {"object": "voucher", "id": "OFF10"},
    ],
    order={"amount": 20000},
    customer={"source_id": "ada"},
    session={"type": "LOCK", "key": "cart-1", "ttl": 5, "ttl_unit": "MINUTES"},
)
assert both.valid is True
assert [entry.status for entry in both.redeemables] == ["APPLICABLE", "APPLICABLE"]
assert [entry.order.total_amount for entry in both.redeemables] == [19900, 18900]
assert both.order.total_applied_discount_amount == 1100
assert (both.session.key, both.session.ttl, both.session.ttl_unit) == ("cart-1", 5, "MINUTES")
assert both.tracking_id.startswith("track_")
step("validate_stacked_discounts")

late = {"redeemables": [{"object": "voucher", "id": "OFF10"}, {"object": "voucher", "id": "CARD"}]}
late["order"] = {"amount": 20000}
answer = validate(**late)
assert answer.valid is False
assert answer.inapplicable_redeemables[0].result.error.key == "quantity_exceeded"
assert answer.skipped_redeemables[0].result.details.key == "preceding_validation_failed"
step("what is locked is gone")

vouchers.release_validation_session("OFF10", "cart-1")
refused(lambda: vouchers.release_validation_session("OFF10", "cart-1"), 404, "not_found")
assert validate(**late).valid is True
step("release_validation_session")

print("erased []")
print("webhooks " + json.dumps([["customer.created", ada.id]]))
