"""Exports, through the published Python SDK. The link to a file is opened without it, as a browser would.

Prints one line per step, and at the end which webhooks it has caused.
"""

import json
import time
import urllib.request

import voucherify

from support import client, refused, step

customers = voucherify.CustomersApi(client)
exports = voucherify.ExportsApi(client)


def export(**parameters):
    body = voucherify.ExportsCreateRequestBody.from_dict({"exported_object": "customer", "parameters": parameters})
    started = exports.create_export(exports_create_request_body=body)
    assert started.id.startswith("exp_") and started.status == "SCHEDULED" and started.result is None
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = exports.get_export(started.id)
        if found.status in ("DONE", "ERROR"):
            return found
        time.sleep(0.02)
    raise AssertionError(f"export {started.id} does not end")


def download(found):
    with urllib.request.urlopen(found.result.url, timeout=30) as answer:
        return answer.read().decode()


body = voucherify.CustomersCreateRequestBody(source_id="ada", name="Lovelace, Ada")
ada = customers.create_customer(customers_create_request_body=body)
found = export(order="name", fields=["source_id", "name", "loyalty_points"])
assert found.status == "DONE"
assert download(found) == 'Source ID,Name,Loyalty Points\nada,"Lovelace, Ada",0\n'
step("create_export, get_export, and the file")

listed = exports.list_exports(limit=10)
assert listed.data_ref == "exports" and listed.total == 1 and listed.exports[0].id == found.id
exports.delete_export(found.id)
refused(lambda: exports.get_export(found.id), 404, "not_found")
step("list_exports, delete_export")

print("erased []")
print("webhooks " + json.dumps([["customer.created", ada.id]]))
