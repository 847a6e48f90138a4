"""The life of some customers, through the published Python SDK.

Prints one line per step, and at the end the customers that were erased and the webhooks that this
has to have caused.
"""

import json
import os
import tempfile
import time
from datetime import date, datetime, timedelta, timezone

import voucherify
from voucherify.models.parameter_order_list_customers import ParameterOrderListCustomers as Order

from support import async_actions, client, configuration, finished, refused, step

customers = voucherify.CustomersApi(client)

# Type and customer of every webhook that is to arrive.
expected = []


# Bodies are made with constructors: `from_dict` would send null for everything it does not get.


def create(**fields):
    body = voucherify.CustomersCreateRequestBody(**fields)
    return customers.create_customer(customers_create_request_body=body)


def update(customer, **fields):
    body = voucherify.CustomersUpdateRequestBody(**fields)
    return customers.update_customer(customer, customers_update_request_body=body)


# One customer.

METADATA = {"lang": "en", "age": 33, "vip": True, "tags": ["a", "b"], "nested": {"deep": [1.5, None]}}
alice = create(
    source_id="alice+1@morgan.example",
    name="Alice Morgan",
    email="Alice@Morgan.example",
    phone="+1 (132) 222-2222",
    description='A "premium" customer — née Ünal',
    birthdate=date(1990, 7, 14),
    address={"city": "New York", "state": "NY", "line_1": "123 Main St.", "postal_code": "10001"},
    metadata=METADATA,
)
expected.append(["customer.created", alice.id])
assert alice.id.startswith("cust_")
assert alice.object == "customer"
assert alice.source_id == "alice+1@morgan.example"
assert alice.birthdate == date(1990, 7, 14), alice.birthdate
assert alice.address.city == "New York"
assert alice.metadata == METADATA, alice.metadata
assert alice.summary.redemptions.total_redeemed == 0
assert alice.summary.orders.total_count == 0
assert alice.loyalty.points == 0
assert alice.created_at > datetime.now(timezone.utc) - timedelta(minutes=1)
step("create")

assert customers.get_customer(alice.id).email == "Alice@Morgan.example"
assert customers.get_customer("alice+1@morgan.example").id == alice.id
step("get by id and by source_id")

missing = refused(lambda: customers.get_customer("nobody"), 404, "not_found")
assert missing["resource_id"] == "nobody" and missing["resource_type"] == "customer"
step("get of an unknown customer is refused")

upserted = create(source_id=alice.source_id, name="Alice M.", metadata={"age": 34})
expected.append(["customer.updated", alice.id])
assert upserted.id == alice.id
assert upserted.name == "Alice M." and upserted.email == alice.email
assert upserted.metadata == METADATA | {"age": 34}
assert upserted.updated_at is not None
step("upsert by source_id")

updated = update(alice.id, address={"city": "Boston"}, phone=None)
expected.append(["customer.updated", alice.id])
assert updated.address.city == "Boston" and updated.address.postal_code == "10001"
assert not updated.phone and updated.name == "Alice M."
step("update by id")

assert update(alice.source_id, description="Moved").description == "Moved"
expected.append(["customer.updated", alice.id])
step("update by source_id")

refused(lambda: update("cust_unknown", name="Nobody"), 404, "not_found")
stranger = voucherify.Configuration(
    host=configuration.host, api_key={"X-App-Id": os.environ["GUERDON_APP_ID"], "X-App-Token": "wrong"}
)
refused(lambda: voucherify.CustomersApi(voucherify.ApiClient(stranger)).get_customer(alice.id), 401)
step("bad requests are refused")

# Many customers.

ids = [alice.id]
for number in range(24):
    one = create(
        source_id=f"shopper-{number}",
        name="Odd" if number % 2 else "Even",
        email=f"shopper-{number}@example.com",
        address={"city": "Berlin" if number < 6 else "Paris"},
    )
    expected.append(["customer.created", one.id])
    ids.append(one.id)
    # Cursors are times: no two customers may have the same one.
    time.sleep(0.002)
pages = [customers.list_customers(limit=10, page=page) for page in (1, 2, 3)]
assert pages[0].object == "list" and pages[0].data_ref == "customers"
assert pages[0].total == 25
assert [len(page.customers) for page in pages] == [10, 10, 5]
assert [page.has_more for page in pages] == [True, True, False]
assert [customer.id for page in pages for customer in page.customers] == ids[::-1]
step("list by pages, newest first")

oldest = customers.list_customers(limit=3, order=Order("created_at"))
assert [customer.id for customer in oldest.customers] == ids[:3]
step("list oldest first")

assert customers.list_customers(city="Berlin").total == 6
assert len(customers.list_customers(name="Odd", limit=100).customers) == 12
assert [customer.id for customer in customers.list_customers(email="alice@MORGAN.example").customers] == [alice.id]
step("list by city, name and e-mail")

tenth = pages[0].customers[-1]
behind = customers.list_customers(limit=100, starting_after=tenth.created_at)
assert [customer.id for customer in behind.customers] == ids[::-1][10:]
later = customers.list_customers(limit=100, created_at_after=tenth.created_at)
assert later.total == 9, later.total
tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
changed = customers.list_customers(updated_at_after=alice.created_at, updated_at_before=tomorrow)
assert changed.total >= 1
step("list by time")

# Activity.

activity = customers.list_customer_activity(alice.id, limit=3)
assert [one.type for one in activity.data] == ["customer.updated"] * 3
assert activity.has_more
rest = customers.list_customer_activity(alice.source_id, starting_after_id=activity.more_starting_after)
assert [one.type for one in rest.data] == ["customer.created"]
assert not rest.has_more
assert rest.data[0].data["data"]["customer"]["id"] == alice.id
step("activity")

# In bulk: none of these may cause webhooks.

CSV = """Name,Source_id,Email,Birthdate,Address_City,tier
"Bob, Jr.",csv-bob,bob@example.com,1980-02-29,Rome,gold
Zoë,csv-zoe,zoe@example.com,,Oslo,silver
Broken,csv-broken,broken@example.com,someday,Oslo,silver
"""
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "customers.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write(CSV)
    imported = finished(customers.import_customers_using_csv(file=path))
assert imported.status == "DONE" and imported.type == "CUSTOMERS.IMPORT_CSV"
assert imported.operation_status == "SUCCESS"
assert imported.result["done_count"] == 2 and imported.result["failed_count"] == 1
assert imported.result["failed"][0]["source_id"] == "csv-broken" and imported.result["failed"][0]["row"] == 3
bob = customers.get_customer("csv-bob")
assert bob.name == "Bob, Jr." and bob.birthdate == date(1980, 2, 29) and bob.address.city == "Rome"
assert bob.metadata == {"tier": "gold"}
refused(lambda: customers.get_customer("csv-broken"), 404, "not_found")
step("import_customers_using_csv")

Change = voucherify.CustomersUpdateInBulkRequestBody
changes = [Change(source_id="csv-bob", name="Bob", metadata={"rank": 1}), Change(source_id="bulk-new", name="New")]
bulk = finished(customers.update_customers_in_bulk(customers_update_in_bulk_request_body=changes))
assert bulk.status == "DONE"
assert bulk.result["done_count"] == 2 and bulk.result["failed_count"] == 0
assert customers.get_customer("csv-bob").metadata == {"tier": "gold", "rank": 1}
assert customers.get_customer("bulk-new").name == "New"
step("update_customers_in_bulk")

tagged = finished(
    customers.update_customers_metadata_in_bulk(
        customers_metadata_update_in_bulk_request_body=voucherify.CustomersMetadataUpdateInBulkRequestBody(
            source_ids=["csv-bob", "csv-zoe", "meta-new"], metadata={"season": "winter"}
        )
    )
)
assert tagged.status == "DONE" and tagged.result["done_count"] == 3
assert customers.get_customer("csv-zoe").metadata == {"tier": "silver", "season": "winter"}
assert customers.get_customer("meta-new").metadata == {"season": "winter"}
step("update_customers_metadata_in_bulk")

actions = async_actions.list_async_actions(limit=10)
assert [action.type for action in actions.async_actions] == [
    "CUSTOMERS.METADATA_UPDATE",
    "CUSTOMERS.BULK_UPDATE",
    "CUSTOMERS.IMPORT_CSV",
]
step("list async actions")

# Goodbye.

customers.delete_customer("shopper-0")
expected.append(["customer.deleted", ids[1]])
refused(lambda: customers.get_customer("shopper-0"), 404, "not_found")
again = create(source_id="shopper-0")
expected.append(["customer.created", again.id])
assert again.id != ids[1]
step("delete, and the source_id is free again")

customers.delete_customer("shopper-2")
erased = customers.customer_permanently_deletion("shopper-1")
assert erased.object == "pernament_deletion" and erased.status == "DONE"
assert erased.related_object_id == ids[2]
assert erased.data_json.customer == 1
refused(lambda: customers.get_customer(ids[2]), 404, "not_found")
assert customers.customer_permanently_deletion(ids[3]).related_object_id == ids[3]
step("permanent deletion, of a customer that is there and of one that was deleted")

# What is known about them is erased with them, also what was still to be sent.
print(f"erased {json.dumps([ids[2], ids[3]])}")
print(f"webhooks {json.dumps(expected)}")
