// The life of some customers, through the published JavaScript SDK.
//
// Prints one line per step, and at the end the customers that were erased and the webhooks that this
// has to have caused.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sdk from '@voucherify/sdk'
import { client, finished, refused, step } from './support.mjs'

const { customers, asyncActions } = client

/** Type and customer of every webhook that is to arrive. */
const expected = []

// One customer.

const alice = await customers.create({
  source_id: 'alice+1@morgan.example',
  name: 'Alice Morgan',
  email: 'Alice@Morgan.example',
  phone: '+1 (132) 222-2222',
  description: 'A "premium" customer — née Ünal',
  birthdate: '1990-07-14',
  address: { city: 'New York', state: 'NY', line_1: '123 Main St.', country: 'United States', postal_code: '10001' },
  metadata: { lang: 'en', age: 33, vip: true, tags: ['a', 'b'], nested: { deep: [1.5, null] } },
})
expected.push(['customer.created', alice.id])
assert.match(alice.id, /^cust_/)
assert.equal(alice.object, 'customer')
assert.equal(alice.source_id, 'alice+1@morgan.example')
assert.equal(alice.birthdate, '1990-07-14')
assert.equal(alice.address.city, 'New York')
assert.deepEqual(alice.metadata, { lang: 'en', age: 33, vip: true, tags: ['a', 'b'], nested: { deep: [1.5, null] } })
assert.equal(alice.summary.redemptions.total_redeemed, 0)
assert.equal(alice.summary.orders.total_count, 0)
assert.equal(alice.loyalty.points, 0)
assert.ok(Date.parse(alice.created_at) > Date.now() - 60_000)
step('create')

const byId = await customers.get(alice.id)
assert.ok(byId.assets)
delete byId.assets
assert.deepEqual(byId, alice)
step('get by id')

const bySourceId = await customers.get('alice+1@morgan.example')
assert.equal(bySourceId.id, alice.id)
step('get by source_id')

const missing = await refused(customers.get('nobody'), 404, 'not_found')
assert.equal(missing.resource_id, 'nobody')
assert.equal(missing.resource_type, 'customer')
step('get of an unknown customer is refused')

const upserted = await customers.create({ source_id: alice.source_id, name: 'Alice M.', metadata: { age: 34 } })
expected.push(['customer.updated', alice.id])
assert.equal(upserted.id, alice.id)
assert.equal(upserted.name, 'Alice M.')
assert.equal(upserted.email, alice.email)
assert.deepEqual(upserted.metadata, { ...alice.metadata, age: 34 })
assert.ok(upserted.updated_at)
step('upsert by source_id')

const updated = await customers.update({ id: alice.id, address: { city: 'Boston' }, phone: null })
expected.push(['customer.updated', alice.id])
assert.equal(updated.address.city, 'Boston')
assert.equal(updated.address.postal_code, '10001')
assert.ok(!updated.phone)
assert.equal(updated.name, 'Alice M.')
step('update by id')

const renamed = await customers.update({ source_id: alice.source_id, description: 'Moved' })
expected.push(['customer.updated', alice.id])
assert.equal(renamed.id, alice.id)
assert.equal(renamed.description, 'Moved')
step('update by source_id')

await refused(customers.update({ id: 'cust_unknown', name: 'Nobody' }), 404, 'not_found')
await refused(customers.create({ source_id: 'x', birthdate: 'yesterday' }), 400, 'invalid_payload')
step('bad writes are refused')

const unauthorized = sdk.VoucherifyServerSide({
  apiUrl: process.env.GUERDON_URL,
  applicationId: process.env.GUERDON_APP_ID,
  secretKey: 'wrong',
})
const stranger = await unauthorized.customers.get(alice.id).then(() => assert.fail('this should be refused'), e => e)
assert.equal(stranger.code, 401)
step('a wrong key is refused')

// Many customers.

const ids = [alice.id]
for (let number = 0; number < 24; number++) {
  const one = await customers.create({
    source_id: `shopper-${number}`,
    name: number % 2 ? 'Odd' : 'Even',
    email: `shopper-${number}@example.com`,
    address: { city: number < 6 ? 'Berlin' : 'Paris' },
  })
  expected.push(['customer.created', one.id])
  ids.push(one.id)
  // Cursors are times: no two customers may have the same one.
  await new Promise(resolve => setTimeout(resolve, 2))
}
const first = await customers.list({ limit: 10, page: 1 })
const second = await customers.list({ limit: 10, page: 2 })
const third = await customers.list({ limit: 10, page: 3 })
assert.equal(first.object, 'list')
assert.equal(first.data_ref, 'customers')
assert.equal(first.total, 25)
assert.deepEqual([first, second, third].map(page => page.customers.length), [10, 10, 5])
assert.deepEqual([first, second, third].map(page => page.has_more), [true, true, false])
const pages = [first, second, third].flatMap(page => page.customers.map(customer => customer.id))
assert.deepEqual(pages, ids.toReversed())
step('list by pages, newest first')

const oldest = await customers.list({ limit: 3, order: 'created_at' })
assert.deepEqual(oldest.customers.map(customer => customer.id), ids.slice(0, 3))
step('list oldest first')

assert.equal((await customers.list({ city: 'Berlin' })).total, 6)
assert.equal((await customers.list({ name: 'Odd', limit: 100 })).customers.length, 12)
assert.deepEqual((await customers.list({ email: 'alice@MORGAN.example' })).customers.map(one => one.id), [alice.id])
step('list by city, name and e-mail')

const filters = {
  junction: 'and',
  name: { conditions: { $is: ['Even'] } },
  'address.city': { conditions: { $is: ['Berlin'] } },
}
assert.equal((await customers.list({ filters })).total, 3)
step('list with filters')

await refused(customers.list({ limit: 101 }), 400, 'invalid_query_params')
step('a bad limit is refused')

const scrolled = []
for await (const customer of customers.scroll({ limit: 10 })) scrolled.push(customer.id)
assert.deepEqual(scrolled, pages)
const ascending = []
for await (const customer of customers.scroll({ limit: 10, order: 'created_at', starting_after: '2020-01-01' })) {
  ascending.push(customer.id)
}
assert.deepEqual(ascending, ids)
step('scroll in both directions')

// Activity.

const activity = await customers.listActivity(alice.id, { limit: 3 })
assert.deepEqual(activity.data.map(one => one.type), ['customer.updated', 'customer.updated', 'customer.updated'])
assert.equal(activity.has_more, true)
const rest = await customers.listActivity(alice.source_id, { starting_after_id: activity.more_starting_after })
assert.deepEqual(rest.data.map(one => one.type), ['customer.created'])
assert.equal(rest.has_more, false)
assert.equal(rest.data[0].data.data.customer.id, alice.id)
assert.equal((await customers.listActivity(alice.id, { type: 'customer.created' })).data.length, 1)
assert.equal((await customers.listActivities(alice.id, { limit: 10 })).total, 4)
step('activity')

// In bulk: none of these may cause webhooks.

const folder = await mkdtemp(join(tmpdir(), 'guerdon-sdk-'))
try {
  const file = join(folder, 'customers.csv')
  await writeFile(
    file,
    'Name,Source_id,Email,Birthdate,Address_City,tier\n' +
      '"Bob, Jr.",csv-bob,bob@example.com,1980-02-29,Rome,gold\n' +
      'Zoë,csv-zoe,zoe@example.com,,Oslo,silver\n' +
      'Broken,csv-broken,broken@example.com,someday,Oslo,silver\n',
  )
  const imported = await finished(await customers.importCSV(file))
  assert.equal(imported.status, 'DONE')
  assert.equal(imported.type, 'CUSTOMERS.IMPORT_CSV')
  assert.equal(imported.result.done_count, 2)
  assert.equal(imported.result.failed_count, 1)
  assert.equal(imported.result.failed[0].source_id, 'csv-broken')
  assert.equal(imported.result.failed[0].row, 3)
} finally {
  await rm(folder, { recursive: true })
}
const bob = await customers.get('csv-bob')
assert.equal(bob.name, 'Bob, Jr.')
assert.equal(bob.birthdate, '1980-02-29')
assert.equal(bob.address.city, 'Rome')
assert.deepEqual(bob.metadata, { tier: 'gold' })
await refused(customers.get('csv-broken'), 404, 'not_found')
step('importCSV')

const bulk = await finished(await customers.updateInBulk([
  { source_id: 'csv-bob', name: 'Bob', metadata: { rank: 1 } },
  { source_id: 'bulk-new', name: 'New' },
]))
assert.equal(bulk.status, 'DONE')
assert.equal(bulk.result.done_count, 2)
assert.equal(bulk.result.failed_count, 0)
const report = await fetch(bulk.result.reports[0])
assert.equal(report.status, 200)
assert.match(await report.text(), /bulk-new/)
assert.deepEqual((await customers.get('csv-bob')).metadata, { tier: 'gold', rank: 1 })
assert.equal((await customers.get('bulk-new')).name, 'New')
step('updateInBulk, and its report')

const tagged = await finished(await customers.updateMetadataInBulk({
  source_ids: ['csv-bob', 'csv-zoe', 'meta-new'],
  metadata: { season: 'winter' },
}))
assert.equal(tagged.status, 'DONE')
assert.equal(tagged.result.done_count, 3)
assert.deepEqual((await customers.get('csv-zoe')).metadata, { tier: 'silver', season: 'winter' })
assert.deepEqual((await customers.get('meta-new')).metadata, { season: 'winter' })
step('updateMetadataInBulk')

const actions = await asyncActions.list({ limit: 10 })
assert.equal(actions.data_ref, 'async_actions')
assert.deepEqual(actions.async_actions.map(action => action.type), [
  'CUSTOMERS.METADATA_UPDATE',
  'CUSTOMERS.BULK_UPDATE',
  'CUSTOMERS.IMPORT_CSV',
])
step('list async actions')

// Goodbye.

const removed = await customers.delete('shopper-0')
expected.push(['customer.deleted', ids[1]])
assert.ok(!removed)
await refused(customers.get('shopper-0'), 404, 'not_found')
await refused(customers.delete('shopper-0'), 404, 'not_found')
const again = await customers.create({ source_id: 'shopper-0' })
expected.push(['customer.created', again.id])
assert.notEqual(again.id, ids[1])
step('delete, and the source_id is free again')

await customers.delete('shopper-2')
const erased = await customers.deletePermanently('shopper-1')
assert.equal(erased.object, 'pernament_deletion')
assert.equal(erased.related_object_id, ids[2])
assert.equal(erased.status, 'DONE')
assert.equal(erased.data_json.customer, 1)
await refused(customers.get(ids[2]), 404, 'not_found')
assert.equal((await customers.deletePermanently(ids[3])).related_object_id, ids[3])
step('deletePermanently, of a customer that is there and of one that was deleted')

// What is known about them is erased with them, also what was still to be sent.
console.log(`erased ${JSON.stringify([ids[2], ids[3]])}`)
console.log(`webhooks ${JSON.stringify(expected)}`)
