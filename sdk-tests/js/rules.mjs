// Validation rules and categories, through the published JavaScript SDK.
//
// Prints one line per step, and at the end that it has caused no webhooks.
import assert from 'node:assert/strict'
import { client, refused, step } from './support.mjs'

const { categories, validationRules } = client

// Rules.

const rules = {
  1: { name: 'order.amount', conditions: { $more_than: [10000] }, error: { message: 'Spend more' } },
  logic: '1',
}
const applicable_to = { included: [{ object: 'product', id: 'prod_1' }], excluded: [], included_all: false }
const over100 = await validationRules.create({ name: 'Over 100', rules, applicable_to })
assert.match(over100.id, /^val_[0-9A-Za-z]{12}$/)
assert.equal(over100.object, 'validation_rules')
assert.deepEqual(over100.rules, rules)
assert.equal(over100.applicable_to.included[0].effect, 'APPLY_TO_EVERY')
assert.equal('updated_at' in over100, false)
const unknown = { 1: { name: 'order.moon', conditions: { $is: [1] } }, logic: '1' }
await refused(validationRules.create({ name: 'Moon', rules: unknown }), 400, 'invalid_validation_rules')
step('create a rule')

const renamed = await validationRules.update({ id: over100.id, name: 'Over 100.00' })
assert.equal(renamed.name, 'Over 100.00')
assert.deepEqual(renamed.rules, rules)
assert.ok(renamed.updated_at)
assert.deepEqual(await validationRules.get(over100.id), renamed)
step('update and get a rule')

await validationRules.create({ name: 'Another one' })
const listed = await validationRules.list({ order: '-created_at', limit: 1 })
assert.equal(listed.total, 2)
assert.deepEqual(listed.data.map(rule => rule.name), ['Another one'])
step('list rules')

const nobody = { related_object_type: 'campaign', related_object_id: 'camp_unknown' }
await refused(validationRules.createAssignment(over100.id, nobody), 404, 'not_found')
await refused(validationRules.deleteAssignment(over100.id, 'asgm_unknown'), 404, 'not_found')
assert.equal((await validationRules.listAssignments(over100.id)).total, 0)
assert.deepEqual((await validationRules.listRulesAssignments({ rule: over100.id })).data, [])
step('assignments')

await validationRules.delete(over100.id)
await refused(validationRules.get(over100.id), 404, 'not_found')
step('delete a rule')

// Categories.

const summer = await categories.create({ name: 'Summer', hierarchy: 8 })
assert.match(summer.id, /^cat_[0-9a-f]{18}$/)
assert.deepEqual(await categories.get(summer.id), summer)
const first = await categories.update(summer.id, { name: 'Summer', hierarchy: 0 })
assert.equal(first.hierarchy, 0)
assert.ok(first.updated_at)
await refused(categories.create({ name: 'Without a hierarchy' }), 400, 'invalid_payload')
const all = await categories.list()
assert.equal(all.data_ref, 'data')
assert.deepEqual(all.data, [first])
await categories.delete(summer.id)
await refused(categories.get(summer.id), 404, 'not_found')
step('create, get, update, list and delete categories')

console.log('erased []')
console.log('webhooks []')
