"""Segments, product collections and custom events, through the published Python SDK.

Prints one line per step, and at the end which webhooks it has caused.
"""

import json

import voucherify

from support import client, refused, step

customers = voucherify.CustomersApi(client)
collections = voucherify.ProductCollectionsApi(client)
events = voucherify.EventsApi(client)
products = voucherify.ProductsApi(client)
segments = voucherify.SegmentsApi(client)


def create_customer(**fields):
    return customers.create_customer(customers_create_request_body=voucherify.CustomersCreateRequestBody(**fields))


def create_segment(**fields):
    return segments.create_segment(segments_create_request_body=voucherify.SegmentsCreateRequestBody(**fields))


# Customers who were there before the segment, or named in it.

ada = create_customer(source_id="ada", metadata={"club": "VIP"})
named = create_segment(name="Named", type="static", customers=[ada.id])
assert named.id.startswith("seg_") and named.type == "static"
assert segments.get_segment(named.id).name == "Named"
members = customers.list_customers(segment_id=named.id)
assert [customer.id for customer in members.customers] == [ada.id]
step("create_segment, get_segment, list_customers")

found = customers.list_customer_segments("ada")
assert found.total == 1 and found.data[0].name == "Named"
step("list_customer_segments")

# Something that a customer has done.

body = voucherify.EventsCreateRequestBody(
    event="cart_abandoned", customer=voucherify.Customer(source_id="ada"), metadata={"items": 3}
)
reported = events.track_custom_event(events_create_request_body=body)
assert reported.type == "cart_abandoned" and reported.customer.id == ada.id
assert reported.metadata == {"items": 3} and reported.referral is None
step("track_custom_event")

segments.delete_segment(named.id)
refused(lambda: segments.get_segment(named.id), 404, "not_found")
assert customers.list_customer_segments("ada").total == 0
step("delete_segment")

# Products that belong together.

cap = products.create_product(
    products_create_request_body=voucherify.ProductsCreateRequestBody(source_id="cap", name="Cap", price=900)
)
item = voucherify.ProductCollectionsCreateRequestBodyProductsItem(id=cap.id, object="product")
shelf = collections.create_product_collection(
    product_collections_create_request_body=voucherify.ProductCollectionsCreateRequestBody(
        type="STATIC", name="Shelf", products=[item]
    )
)
assert shelf.id.startswith("pc_")
contents = collections.list_products_in_collection(shelf.id)
assert contents.total == 1
assert collections.list_product_collections().total == 1
assert collections.get_product_collection(shelf.id).name == "Shelf"
collections.delete_product_collection(shelf.id)
refused(lambda: collections.get_product_collection(shelf.id), 404, "not_found")
step("create, list, get and delete product collections")

print("erased []")
print("webhooks " + json.dumps([["customer.created", ada.id]]))
