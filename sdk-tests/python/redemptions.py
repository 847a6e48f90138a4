"""Redemptions and rollbacks, through the published Python SDK.

Prints one line per step, and at the end which webhooks it has caused.
"""

import json

import voucherify

from support import client, refused, step

customers = voucherify.CustomersApi(client)
redemptions = voucherify.RedemptionsApi(client)
vouchers = voucherify.VouchersApi(client)


def create(code, **fields):
    body = voucherify.VouchersCreateWithSpecificCodeRequestBody(**fields)
    return vouchers.create_voucher(code, vouchers_create_with_specific_code_request_body=body)


def redeem(**fields):
    body = voucherify.RedemptionsRedeemRequestBody.from_dict(fields)
    return redemptions.redeem_stacked_discounts(redemptions_redeem_request_body=body)


create("OFF10", type="DISCOUNT_VOUCHER", discount={"type": "AMOUNT", "amount_off": 1000, "effect": "APPLY_TO_ORDER"})
create("CARD", type="GIFT_VOUCHER", gift={"amount": 5000, "effect": "APPLY_TO_ORDER"})
step("vouchers")

card = {"object": "voucher", "id": "CARD", "gift": {"credits": 100}}
off = {"object": "voucher", "id": "OFF10"}
both = redeem(redeemables=[card, off], order={"amount": 20000}, customer={"source_id": "ada"})
assert [one.order.total_amount for one in both.redemptions] == [19900, 18900]
assert all(one.redemption == both.parent_redemption.id for one in both.redemptions)
assert (both.order.total_applied_discount_amount, both.order.status) == (1100, "PAID")
assert (both.inapplicable_redeemables, both.skipped_redeemables) == ([], [])
ada = customers.get_customer("ada")
assert ada.summary.redemptions.total_succeeded == 2
single = redeem(redeemables=[off], order={"amount": 5500})
assert single.parent_redemption is None
assert single.redemptions[0].voucher.redemption.redeemed_quantity == 2
step("redeem_stacked_discounts")

too_much = {"object": "voucher", "id": "CARD", "gift": {"credits": 9000}}
error = refused(lambda: redeem(redeemables=[too_much], order={"amount": 9000}), 400, "gift_amount_exceeded")
failed = redemptions.get_redemption(error["resource_id"])
assert (failed.result, failed.failure_code) == ("FAILURE", "gift_amount_exceeded")
read = redemptions.get_redemption(both.redemptions[0].id)
assert (read.amount, read.voucher.code, read.redemption) == (100, "CARD", both.parent_redemption.id)
assert redemptions.list_redemptions(limit=2).total == 5
assert redemptions.list_redemptions(customer="ada").total == 3
entries = redemptions.get_voucher_redemptions("CARD")
assert (entries.redeemed_quantity, len(entries.redemption_entries)) == (1, 2)
step("get_redemption, list_redemptions, get_voucher_redemptions")

back = redemptions.rollback_stacked_redemptions(both.parent_redemption.id)
assert len(back.rollbacks) == 2
assert back.parent_rollback.redemption == both.parent_redemption.id
assert (back.order.status, back.order.total_amount) == ("CANCELED", 20000)
undone = redemptions.rollback_redemption(single.redemptions[0].id, reason="return")
assert (undone.redemption, undone.reason) == (single.redemptions[0].id, "return")
again = refused(lambda: redemptions.rollback_redemption(single.redemptions[0].id), 400, "already_rolled_back")
assert again["resource_type"] == "redemption_rollback"
assert redemptions.get_redemption(again["resource_id"]).result == "FAILURE"
assert redemptions.get_redemption(undone.id).redemption == single.redemptions[0].id
assert vouchers.get_voucher("CARD").gift.balance == 5000
assert redemptions.list_redemptions(result="FAILURE").total == 2
step("rollback_redemption, rollback_stacked_redemptions")

print("erased []")
print("webhooks " + json.dumps([["customer.created", ada.id]]))
