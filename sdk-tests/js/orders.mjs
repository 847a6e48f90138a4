// The life of some orders, through the published JavaScript SDK.
//
// Prints one line per step, and at the end which webhooks it has caused.
import assert from 'node:assert/strict'
import { client, finished, refused, step } from './support.mjs'

const { customers, orders, products } = client
const webhooks = []

// One order, and who comes with it.

await products.create({ source_id: 'mug', name: 'Mug', price: 1800 })
const order = await orders.create({
  source_id: 'web-1',
  customer: { source_id: 'ada', name: 'Ada' },
  referrer: { source_id: 'bob' },
  items: [
    { source_id: 'mug', related_object: 'product', quantity: 2 },
    { source_id: 'cap', related_object: 'product', quantity: 1, product: { name: 'Cap', price: 900, override: true } },
  ],
  metadata: { till: 3 },
})
webhooks.push(['customer.created', order.customer_id], ['customer.created', order.referrer_id])
assert.match(order.id, /^ord_/)
assert.equal(order.object, 'order')
assert.equal(order.status, 'CREATED')
assert.equal(order.amount, 4500)
assert.equal(order.total_amount, 4500)
assert.equal(order.updated_at, null)
assert.match(order.items[0].id, /^ordli_/)
assert.equal(order.items[0].product.name, 'Mug')
assert.equal((await products.get('cap')).price, 900)
step('create')

const found = await orders.get('web-1')
assert.deepEqual(found, order)
await refused(orders.get('nobody'), 404, 'not_found')
step('get')

const again = await orders.create({ source_id: 'web-1', customer: { source_id: 'ada', name: 'Ada M.' } })
webhooks.push(['customer.updated', order.customer_id])
assert.equal(again.id, order.id)
assert.equal(again.amount, 4500)
const paid = await orders.update({ id: order.id, status: 'PAID', discount_amount: 500 })
assert.equal(paid.status, 'PAID')
assert.equal(paid.total_discount_amount, 500)
assert.equal(paid.total_amount, 4000)
assert.ok(paid.updated_at)
await refused(orders.update({ id: 'ord_unknown', status: 'PAID' }), 404, 'not_found')
await refused(orders.create({ items: [{ initial_quantity: 0 }] }), 400, 'invalid_payload')
step('create again, and update')

const summary = async () => (await customers.get('ada')).summary.orders
assert.deepEqual(await summary(), {
  total_amount: 4500,
  total_count: 1,
  average_amount: 4500,
  last_order_amount: 4500,
  last_order_date: order.created_at,
})
await orders.update({ id: order.id, status: 'CANCELED' })
assert.equal((await summary()).total_count, 0)
step('the summary of the customer')

// Many.

const imported = await finished(
  await orders.import([
    { source_id: 'old-1', status: 'PAID', amount: 700, customer: { source_id: 'ada' } },
    { source_id: 'old-2', customer: { id: 'cust_nobody' } },
  ]),
)
assert.equal(imported.type, 'ORDERS.IMPORT')
assert.equal(imported.result.message, '1 order(s) imported successfully, 1 failed.')
assert.deepEqual(imported.result.failed, [{ source_id: 'old-2', reason: 'Cannot find customer with id cust_nobody' }])
assert.equal((await summary()).total_amount, 700)
step('import')

const list = await orders.list({ limit: 1 })
assert.equal(list.data_ref, 'orders')
assert.equal(list.total, 2)
assert.deepEqual(list.orders.map(order => order.source_id), ['old-1'])
assert.equal((await orders.list({ order: 'created_at' })).orders[0].id, order.id)
step('list')

console.log('erased []')
console.log(`webhooks ${JSON.stringify(webhooks)}`)
