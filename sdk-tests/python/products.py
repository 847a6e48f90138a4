"""The life of some products, through the published Python SDK.

Prints one line per step, and at the end that it has caused no webhooks.
"""

import os
import tempfile

import voucherify

from support import client, finished, refused, step

products = voucherify.ProductsApi(client)
trash_bin = voucherify.BinApi(client)

# Bodies are made with constructors: `from_dict` would send null for everything it does not get.


def create(**fields):
    body = voucherify.ProductsCreateRequestBody(**fields)
    return products.create_product(products_create_request_body=body)


def create_sku(product, **fields):
    body = voucherify.ProductsSkusCreateRequestBody(**fields)
    return products.create_sku(product, products_skus_create_request_body=body)


# One product.

shirt = create(source_id="shirt", name="Shirt", price=1300, attributes=["color", "size"], metadata={"season": "summer"})
assert shirt.id.startswith("prod_") and shirt.object == "product"
assert shirt.price == 1300 and shirt.attributes == ["color", "size"]
assert shirt.image_url is None and shirt.updated_at is None
step("create_product")

again = create(source_id="shirt", metadata={"brand": "Acme"})
assert again.id == shirt.id and again.metadata == {"season": "summer", "brand": "Acme"}
renamed = products.update_product(
    shirt.id, products_update_request_body=voucherify.ProductsUpdateRequestBody(name="T-Shirt")
)
assert renamed.name == "T-Shirt" and renamed.price == 1300
refused(lambda: products.get_product("nobody"), 404, "not_found")
step("create it again, and update_product")

# Its SKUs.

small = create_sku("shirt", source_id="shirt-s", sku="Small", price=1250, currency="USD", attributes={"size": "S"})
assert small.id.startswith("sku_") and small.product_id == shirt.id
assert products.get_sku("shirt-s").attributes == {"size": "S"}
cheaper = products.update_sku(
    "shirt", "shirt-s", products_skus_update_request_body=voucherify.ProductsSkusUpdateRequestBody(price=1200)
)
assert cheaper.price == 1200 and cheaper.currency == "USD"
found = products.get_product("shirt")
assert found.skus.total == 1 and found.skus.data[0].sku == "Small"
listed = products.list_skus_in_product("shirt", limit=10)
assert listed.data_ref == "skus" and [sku.price for sku in listed.skus] == [1200]
step("create_sku, get_sku, update_sku, list_skus_in_product")

# Many.

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "products.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write('name,source_id,price,attributes\nHat,hat,21,"color,size"\n')
    imported = finished(products.import_products_using_csv(file=path))
    assert imported.result["message"] == "1 product(s) imported successfully, 0 failed."
    with open(path, "w", encoding="utf-8") as file:
        file.write("product_id,source_id,price,attributes\nhat,hat-b,14.5,\"{'color':'blue'}\"\n")
    imported = finished(products.import_skus_using_csv(file=path))
    assert imported.result["message"] == "1 sku(s) imported successfully, 0 failed."
assert products.get_product("hat").price == 2100
assert products.get_sku("hat-b").price == 1450
step("import_products_using_csv, import_skus_using_csv")

Change = voucherify.ProductsUpdateInBulkRequestBody
changes = [Change(source_id="hat", price=1), Change(source_id="new", name="New")]
bulk = finished(products.update_products_in_bulk(products_update_in_bulk_request_body=changes))
assert bulk.result["done_count"] == 2 and bulk.result["failed_count"] == 0
tagged = finished(
    products.update_products_metadata_in_bulk(
        products_metadata_update_in_bulk_request_body=voucherify.ProductsMetadataUpdateInBulkRequestBody(
            source_ids=["hat", "new"], metadata={"sale": True}
        )
    )
)
assert tagged.result["done_count"] == 2
assert products.get_product("new").metadata == {"sale": True}
step("update_products_in_bulk, update_products_metadata_in_bulk")

listed = products.list_products(limit=3)
assert listed.total == 4
assert [product.source_id for product in listed.products] == ["5h1pp1ng", "shirt", "hat"]
assert listed.products[1].skus.total == 1
step("list_products")

# Goodbye.

products.delete_sku("shirt", "shirt-s")
products.delete_product("shirt")
products.delete_product("hat", force=True)
refused(lambda: products.get_product("shirt"), 404, "not_found")
refused(lambda: create(source_id="shirt"), 409, "duplicate_found")
create(source_id="hat")
entries = trash_bin.list_bin_entries(limit=10)
assert [entry.resource_type for entry in entries.data] == ["sku", "product"]
assert entries.data[0].resource_parent_id == shirt.id and entries.data[1].resource_name == "T-Shirt"
assert entries.total == 2 and entries.has_more is False
for entry in entries.data:
    trash_bin.delete_bin_entry(entry.id)
assert create(source_id="shirt").id != shirt.id
step("delete_sku, delete_product, list_bin_entries, delete_bin_entry")

print("erased []")
print("webhooks []")
