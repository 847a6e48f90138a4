"""The life of some orders, through the published Python SDK.

Prints one line per step, and at the end which webhooks it has caused.
"""

import json

import voucherify
from voucherify import Customer, OrderItem, OrderItemProduct

from support import client, finished, refused, step

customers = voucherify.CustomersApi(client)
orders = voucherify.OrdersApi(client)
products = voucherify.ProductsApi(client)
webhooks = []


def create(**fields):
    return orders.create_order(orders_create_request_body=voucherify.OrdersCreateRequestBody(**fields))


def update(order, **fields):
    body = voucherify.OrdersUpdateRequestBody(**fields)
    return orders.update_order(order, orders_update_request_body=body)


# One order, and who comes with it.

order = create(
    source_id="web-1",
    customer=Customer(source_id="ada", name="Ada"),
    referrer=voucherify.Referrer(source_id="bob"),
    items=[
        OrderItem(
            source_id="cap",
            related_object="product",
            quantity=2,
            product=OrderItemProduct(name="Cap", price=900, override=True),
        ),
        OrderItem(price=500, quantity=1),
    ],
    metadata={"till": 3},
)
webhooks += [["customer.created", order.customer_id], ["customer.created", order.referrer_id]]
assert order.id.startswith("ord_") and order.object == "order" and order.status == "CREATED"
assert order.amount == 2300 and order.total_amount == 2300 and order.updated_at is None
assert order.items[0].product.name == "Cap" and order.items[0].subtotal_amount == 1800
assert products.get_product("cap").price == 900
step("create_order")

assert orders.get_order("web-1").id == order.id
refused(lambda: orders.get_order("nobody"), 404, "not_found")
step("get_order")

again = create(source_id="web-1", customer=Customer(source_id="ada", name="Ada M."))
webhooks.append(["customer.updated", order.customer_id])
assert again.id == order.id and again.amount == 2300
paid = update(order.id, status="PAID", discount_amount=300)
assert paid.status == "PAID" and paid.total_amount == 2000 and paid.updated_at is not None
assert customers.get_customer("ada").summary.orders.total_amount == 2300
canceled = update("web-1", status="CANCELED")
assert canceled.status == "CANCELED" and canceled.amount == 2300
assert customers.get_customer("ada").summary.orders.total_count == 0
step("create_order again, and update_order")

# Many.

Item = voucherify.OrdersImportCreateRequestBodyItem
imported = finished(
    orders.import_orders(
        orders_import_create_request_body_item=[
            Item(source_id="old-1", status="PAID", amount=700, customer=Customer(source_id="ada")),
            Item(source_id="old-2", amount=5),
        ]
    )
)
assert imported.result["message"] == "2 order(s) imported successfully, 0 failed."
assert customers.get_customer("ada").summary.orders.total_amount == 700
step("import_orders")

listed = orders.list_orders(limit=10, order="created_at")
assert listed.data_ref == "orders" and listed.total == 3
assert listed.orders[0].source_id == "web-1"
step("list_orders")

print("erased []")
print(f"webhooks {json.dumps(webhooks)}")
