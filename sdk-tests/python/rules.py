"""Validation rules and categories, through the published Python SDK.

Prints one line per step, and at the end that it has caused no webhooks.
"""

import voucherify

from support import client, refused, step

rules = voucherify.ValidationRulesApi(client)
categories = voucherify.CategoriesApi(client)

# Rules.


def create(**fields):
    body = voucherify.ValidationRulesCreateRequestBody(**fields)
    return rules.create_validation_rules(validation_rules_create_request_body=body)


tree = {
    "1": {"name": "order.amount", "conditions": {"$more_than": [10000]}, "error": {"message": "Spend more"}},
    "logic": "1",
}
over_100 = create(name="Over 100", rules=tree)
assert over_100.id.startswith("val_") and over_100.object == "validation_rules"
assert over_100.rules["logic"] == "1" and over_100.type == "expression"
unknown = {"1": {"name": "order.moon", "conditions": {"$is": [1]}}, "logic": "1"}
refused(lambda: create(name="Moon", rules=unknown), 400, "invalid_validation_rules")
step("create_validation_rules")

change = voucherify.ValidationRulesUpdateRequestBody(name="Over 100.00")
renamed = rules.update_validation_rule(over_100.id, validation_rules_update_request_body=change)
assert renamed.name == "Over 100.00" and renamed.updated_at is not None
assert rules.get_validation_rule(over_100.id).name == "Over 100.00"
create(name="Another one")
listed = rules.list_validation_rules(limit=1, order="-created_at")
assert listed.total == 2 and [rule.name for rule in listed.data] == ["Another one"]
step("update_validation_rule, get_validation_rule, list_validation_rules")

nobody = voucherify.ValidationRulesAssignmentsCreateRequestBody(
    related_object_type="campaign", related_object_id="camp_unknown"
)
refused(
    lambda: rules.create_validation_rule_assignment(
        over_100.id, validation_rules_assignments_create_request_body=nobody
    ),
    404,
    "not_found",
)
assert rules.list_validation_rule_assignments(over_100.id).total == 0
assert rules.list_validation_rules_assignments(rule=over_100.id).data == []
step("create_validation_rule_assignment, list_validation_rule_assignments, list_validation_rules_assignments")

rules.delete_validation_rules(over_100.id)
refused(lambda: rules.get_validation_rule(over_100.id), 404, "not_found")
step("delete_validation_rules")

# Categories.

summer = categories.create_category(voucherify.CategoriesCreateRequestBody(name="Summer", hierarchy=8))
assert summer.id.startswith("cat_") and summer.hierarchy == 8
changed = categories.update_category(
    summer.id, voucherify.CategoriesUpdateRequestBody(name="Summer sale", hierarchy=0)
)
assert changed.name == "Summer sale" and changed.updated_at is not None
assert categories.get_category(summer.id).hierarchy == 0
listed = categories.list_categories()
assert listed.total == 1 and [category.name for category in listed.data] == ["Summer sale"]
categories.delete_category(summer.id)
refused(lambda: categories.get_category(summer.id), 404, "not_found")
step("create_category, update_category, get_category, list_categories, delete_category")

print("erased []")
print("webhooks []")
