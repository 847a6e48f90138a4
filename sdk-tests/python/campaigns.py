"""Campaigns, their vouchers and publications, through the published Python SDK.

Prints one line per step, and at the end which webhooks it has caused.
"""

import json

import voucherify

from support import client, finished, generated, refused, step

campaigns = voucherify.CampaignsApi(client)
customers = voucherify.CustomersApi(client)
products = voucherify.ProductsApi(client)
promotions = voucherify.PromotionsApi(client)
publications = voucherify.PublicationsApi(client)
segments = voucherify.SegmentsApi(client)
vouchers = voucherify.VouchersApi(client)


def create(**fields):
    return campaigns.create_campaign(campaigns_create_request_body=voucherify.CampaignsCreateRequestBody(**fields))


def publish(customer, **fields):
    body = voucherify.PublicationsCreateRequestBody(customer=voucherify.Customer(source_id=customer), **fields)
    return publications.create_publication(publications_create_request_body=body)


def charge(code, amount, **fields):
    body = voucherify.VouchersBalanceUpdateRequestBody(amount=amount, **fields)
    return vouchers.update_voucher_balance(code, vouchers_balance_update_request_body=body)


# What campaigns speak of.

ada = customers.create_customer(
    customers_create_request_body=voucherify.CustomersCreateRequestBody(source_id="ada", name="Ada")
)
products.create_product(products_create_request_body=voucherify.ProductsCreateRequestBody(source_id="shirt", price=1300))
small = products.create_sku(
    "shirt", products_skus_create_request_body=voucherify.ProductsSkusCreateRequestBody(source_id="shirt-s", price=1250)
)
segments.create_segment(
    segments_create_request_body=voucherify.SegmentsCreateRequestBody(name="Named", type="static", customers=[ada.id])
)
step("a product with a SKU, and a segment")

# One campaign of each kind.

coupons = create(
    name="Summer",
    campaign_type="DISCOUNT_COUPONS",
    join_once=True,
    vouchers_count=25,
    voucher={
        "type": "DISCOUNT_VOUCHER",
        "discount": {"type": "UNIT", "unit_type": small.id, "unit_off": 1, "effect": "ADD_MISSING_ITEMS"},
        "redemption": {"quantity": 2},
        "code_config": {"pattern": "SUN-######"},
    },
    metadata={"season": "summer"},
)
assert coupons.id.startswith("camp_") and coupons.object == "campaign"
assert coupons.creation_status == "IN_PROGRESS"
assert generated(coupons.id).vouchers_count == 25
gifts = create(
    name="Gifts",
    campaign_type="GIFT_VOUCHERS",
    vouchers_count=2,
    voucher={"type": "GIFT_VOUCHER", "gift": {"amount": 5000, "effect": "APPLY_TO_ORDER"}},
)
assert gifts.voucher.gift.amount == 5000
big = {"name": "Big", "banner": "$30 off", "action": {"discount": {"type": "AMOUNT", "amount_off": 3000}}}
sale = create(name="Sale", campaign_type="PROMOTION", promotion={"tiers": [big]})
assert sale.promotion.tiers[0].banner == "$30 off"
club = create(
    name="Club",
    campaign_type="LOYALTY_PROGRAM",
    vouchers_count=1,
    voucher={"type": "LOYALTY_CARD", "loyalty_card": {"points": 100}},
)
assert club.voucher.loyalty_card.points == 100
friends = create(
    name="Friends",
    campaign_type="REFERRAL_PROGRAM",
    referral_program={"conversion_event_type": "redemption"},
    voucher={"type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 15}},
)
assert friends.referral_program.conversion_event_type == "redemption"
for campaign in (gifts, club, friends):
    generated(campaign.id)
refused(lambda: create(name="Gifts", campaign_type="PROMOTION"), 409, "duplicate_found")
step("create_campaign, of each kind")

tier = promotions.add_promotion_tier_to_campaign(
    sale.id,
    promotions_tiers_create_request_body=voucherify.PromotionsTiersCreateRequestBody(
        name="Small", action={"discount": {"type": "PERCENT", "percent_off": 10}}
    ),
)
assert tier.id.startswith("promo_")
assert promotions.list_promotion_tiers_from_campaign(sale.id).total == 2
promotions.delete_promotion_tier(tier.id)
assert promotions.list_promotion_tiers_from_campaign(sale.id).total == 1
step("add_promotion_tier_to_campaign, list_promotion_tiers_from_campaign, delete_promotion_tier")

# Campaigns are listed and changed.

listed = campaigns.list_campaigns(order="created_at")
assert listed.data_ref == "campaigns" and listed.total == 5
assert [campaign.name for campaign in listed.campaigns] == ["Summer", "Gifts", "Sale", "Club", "Friends"]
assert [found.name for found in campaigns.list_campaigns(campaign_type="LOYALTY_PROGRAM").campaigns] == ["Club"]
step("list_campaigns")

changed = campaigns.update_campaign(
    "Summer",
    campaigns_update_request_body=voucherify.CampaignsUpdateRequestBody(description="Sunny", metadata={"year": 2026}),
)
assert changed.description == "Sunny" and changed.metadata == {"season": "summer", "year": 2026}
campaigns.disable_campaign("Summer")
assert campaigns.get_campaign(coupons.id).active is False
campaigns.enable_campaign("Summer")
assert campaigns.get_campaign(coupons.id).active is True
generated(coupons.id)
step("update_campaign, disable_campaign, enable_campaign, get_campaign")

named = campaigns.add_voucher_with_specific_code_to_campaign("Summer", "SUN-ADA")
assert named.code == "SUN-ADA" and named.campaign_id == coupons.id
more = finished(campaigns.add_vouchers_to_campaign("Summer", vouchers_count=5))
assert more.result["done_count"] == 5
assert campaigns.get_campaign_summary("Summer") is not None
step("add_voucher_with_specific_code_to_campaign, add_vouchers_to_campaign, get_campaign_summary")

# Codes are given away.

once = publish("ada", campaign=voucherify.CreatePublicationCampaign(name="Summer", count=1))
assert once.id.startswith("pub_") and once.customer_id == ada.id and once.result == "SUCCESS"
assert once.voucher.code.startswith("SUN-") and once.vouchers_id == [once.voucher.id]
summer = voucherify.CreatePublicationCampaign(name="Summer")
refused(lambda: publish("ada", campaign=summer), 400, "voucher_cannot_be_published")
two = publish("ada", campaign=voucherify.CreatePublicationCampaign(name="Gifts", count=2))
assert len(two.vouchers) == 2
bobs = publish("bob", voucher="SUN-ADA", source_id="mail-1")
assert bobs.voucher.code == "SUN-ADA" and bobs.tracking_id == "bob"
card = publish("ada", campaign=voucherify.CreatePublicationCampaign(name="Club"))
assert card.voucher.loyalty_card.balance == 100
referral = publish("ada", campaign=voucherify.CreatePublicationCampaign(name="Friends"))
assert referral.voucher.is_referral_code is True
assert publications.list_publications(customer=ada.id).total == 4
assert publications.list_publications(voucher="SUN-ADA").publications[0].source_id == "mail-1"
step("create_publication, list_publications")

# Vouchers.

mine = vouchers.get_voucher(once.voucher.code)
assert mine.id == once.voucher.id and mine.campaign == "Summer" and mine.holder_id == ada.id
assert mine.publish.count == 1 and mine.redemption.quantity == 2
refused(lambda: vouchers.get_voucher("NOTHING"), 404, "not_found")
page = vouchers.list_vouchers(campaign="Summer", limit=20, page=2)
assert page.data_ref == "vouchers" and page.total == 31 and len(page.vouchers) == 11
assert [voucher.code for voucher in vouchers.list_vouchers(code="SUN-ADA").vouchers] == ["SUN-ADA"]
assert vouchers.list_vouchers(customer=ada.id).total == 5
step("get_voucher, list_vouchers")

body = voucherify.VouchersCreateWithSpecificCodeRequestBody(type="GIFT_VOUCHER", gift={"amount": 700})
gift = vouchers.create_voucher("GIFT-7", vouchers_create_with_specific_code_request_body=body)
assert gift.code == "GIFT-7" and gift.gift.balance == 700
body = voucherify.VouchersCreateRequestBody(type="DISCOUNT_VOUCHER", discount={"type": "PERCENT", "percent_off": 5})
random = vouchers.generate_random_code(vouchers_create_request_body=body)
assert random.discount.percent_off == 5
body = voucherify.VouchersUpdateRequestBody(additional_info="Poster", metadata={"wall": "north"})
updated = vouchers.update_voucher("GIFT-7", vouchers_update_request_body=body)
assert updated.additional_info == "Poster" and updated.metadata == {"wall": "north"}
assert vouchers.disable_voucher("GIFT-7").active is False
assert vouchers.enable_voucher("GIFT-7").active is True
step("create_voucher, generate_random_code, update_voucher, disable_voucher, enable_voucher")

balance = charge("GIFT-7", 300, reason="Birthday", source_id="till-7")
assert balance.balance == 1000 and balance.type == "gift_voucher"
assert vouchers.get_voucher("GIFT-7").gift.balance == 1000
refused(lambda: charge("GIFT-7", -5000), 400, "gift_amount_exceeded")
entries = vouchers.list_voucher_transactions("GIFT-7")
assert [(entry.type, entry.source_id) for entry in entries.data] == [("CREDITS_ADDITION", "till-7")]
step("update_voucher_balance, list_voucher_transactions")

# Goodbye.

vouchers.delete_voucher("GIFT-7")
refused(lambda: vouchers.get_voucher("GIFT-7"), 404, "not_found")
finished(campaigns.delete_campaign("Summer"))
refused(lambda: campaigns.get_campaign("Summer"), 404, "not_found")
refused(lambda: vouchers.get_voucher("SUN-ADA"), 404, "not_found")
finished(campaigns.delete_campaign(sale.id, force=True))
assert campaigns.list_campaigns().total == 3
step("delete_voucher, delete_campaign")

print("erased []")
print("webhooks " + json.dumps([["customer.created", ada.id], ["customer.created", bobs.customer_id]]))
