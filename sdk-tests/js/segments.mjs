// Segments, product collections and custom events, through the published JavaScript SDK.
//
// Prints one line per step, and at the end which webhooks it has caused.
import assert from 'node:assert/strict'
import { client, refused, step } from './support.mjs'

const { customers, events, productCollections, products, segments } = client

// Customers who were there before the segment, or named in it.

const ada = await customers.create({ source_id: 'ada', metadata: { club: 'VIP' } })
const bob = await customers.create({ source_id: 'bob' })
const named = await segments.create({ name: 'Named', type: 'static', customers: [ada.id, bob.id] })
assert.match(named.id, /^seg_/)
assert.equal(named.filter, null)
assert.equal((await segments.get(named.id)).type, 'static')
const members = await customers.list({ segment_id: named.id })
assert.deepEqual(members.customers.map(customer => customer.source_id), ['bob', 'ada'])
step('create and get a segment, list its customers')

const filter = { junction: 'and', 'metadata.club': { conditions: { $is: 'VIP' } } }
const vip = await segments.create({ name: 'VIP', type: 'auto-update', filter })
assert.deepEqual(vip.filter, filter)
await customers.update({ source_id: 'bob', metadata: { club: 'VIP' } })
const ofBob = await segments.list('bob')
assert.equal(ofBob.data_ref, 'data')
assert.deepEqual(ofBob.data.map(segment => segment.name), ['VIP', 'Named'])
assert.equal(ofBob.total, 2)
step("list a customer's segments")

// Something that a customer has done.

const reported = await events.create('cart_abandoned', { customer: { source_id: 'bob' }, metadata: { items: 3 } })
assert.equal(reported.type, 'cart_abandoned')
assert.equal(reported.customer.id, bob.id)
assert.deepEqual(reported.metadata, { items: 3 })
assert.equal(reported.referral, null)
await refused(events.create('cart_abandoned', { customer: { id: 'cust_unknown' } }), 404, 'not_found')
step('events.create')

await segments.delete(named.id)
await refused(segments.get(named.id), 404, 'not_found')
assert.equal((await segments.list('bob')).total, 1)
step('delete a segment')

// Products that belong together.

const cap = await products.create({ source_id: 'cap', name: 'Cap', price: 900 })
await products.create({ source_id: 'coat', name: 'Coat', price: 9900 })
const cheap = await productCollections.create({
  type: 'AUTO_UPDATE',
  name: 'Cheap',
  filter: { junction: 'and', price: { conditions: { $less_than: [1000] } } },
})
assert.match(cheap.id, /^pc_/)
const shelf = await productCollections.create({
  type: 'STATIC',
  name: 'Shelf',
  products: [{ id: cap.id, object: 'product' }],
})
for (const id of [cheap.id, shelf.id]) {
  const contents = await productCollections.listProducts(id)
  assert.deepEqual(contents.data.map(product => product.source_id), ['cap'])
  assert.equal(contents.total, 1)
}
assert.equal((await productCollections.list()).total, 2)
assert.deepEqual((await productCollections.get(shelf.id)).products, [{ id: cap.id, object: 'product' }])
await productCollections.delete(shelf.id)
await refused(productCollections.get(shelf.id), 404, 'not_found')
step('create, get, list, listProducts and delete product collections')

console.log('erased []')
console.log(
  `webhooks ${JSON.stringify([
    ['customer.created', ada.id],
    ['customer.created', bob.id],
    ['customer.updated', bob.id],
  ])}`,
)
