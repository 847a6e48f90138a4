// Redemptions and rollbacks, through the published JavaScript SDK.
//
// Prints one line per step, and at the end which webhooks it has caused.
import assert from 'node:assert/strict'
import { client, refused, step } from './support.mjs'

const { campaigns, customers, orders, promotions, redemptions, validations, vouchers } = client

await vouchers.create({
  code: 'OFF10',
  type: 'DISCOUNT_VOUCHER',
  discount: { type: 'AMOUNT', amount_off: 1000, effect: 'APPLY_TO_ORDER' },
  redemption: { quantity: 1 },
})
await vouchers.create({ code: 'CARD', type: 'GIFT_VOUCHER', gift: { amount: 5000, effect: 'APPLY_TO_ORDER' } })
const sale = await campaigns.create({
  name: 'Sale',
  campaign_type: 'PROMOTION',
  promotion: {
    tiers: [
      { name: 'Ten', action: { discount: { type: 'PERCENT', percent_off: 10, effect: 'APPLY_TO_ORDER' } } },
    ],
  },
})
const tier = sale.promotion.tiers[0]
step('vouchers and a promotion')

const redeemables = [
  { object: 'voucher', id: 'CARD', gift: { credits: 100 } },
  { object: 'voucher', id: 'OFF10' },
  { object: 'promotion_tier', id: tier.id },
]
const order = { source_id: 'cart-1', amount: 20000 }
const session = { type: 'LOCK', key: 'cart-1' }
const customer = { source_id: 'ada', name: 'Ada' }
await validations.validateStackable({ redeemables, order, customer, session })
await refused(redemptions.redeemStackable({ redeemables, order }), 400, 'quantity_exceeded')
const all = await redemptions.redeemStackable({ redeemables, order, customer, session })
assert.match(all.parent_redemption.id, /^r_/)
assert.deepEqual(all.redemptions.map(redemption => redemption.order.total_amount), [19900, 18900, 17010])
assert.ok(all.redemptions.every(redemption => redemption.redemption === all.parent_redemption.id))
assert.equal(all.order.total_applied_discount_amount, 2990)
assert.equal(all.order.status, 'PAID')
const ada = await customers.get('ada')
assert.equal(ada.summary.redemptions.total_succeeded, 3)
assert.equal(ada.summary.redemptions.gift.redeemed_amount, 100)
step('redeem several redeemables, with a session')

assert.equal((await vouchers.get('CARD')).gift.balance, 4900)
assert.equal((await promotions.tiers.get(tier.id)).summary.redemptions.total_redeemed, 1)
const read = await redemptions.get(all.redemptions[1].id)
assert.equal(read.voucher.code, 'OFF10')
assert.equal(read.redemption, all.parent_redemption.id)
const list = await redemptions.list({ limit: 10 })
assert.equal(list.total, 5)
const failed = list.redemptions.find(redemption => redemption.result === 'FAILURE')
assert.equal(failed.failure_code, 'quantity_exceeded')
const ofVoucher = await redemptions.getForVoucher('OFF10')
assert.equal(ofVoucher.redeemed_quantity, 1)
assert.equal(ofVoucher.redemption_entries.length, 2)
step('read them')

const child = redemptions.rollback(all.redemptions[0].id, 'return')
await refused(child, 400, 'invalid_redemption_parent')
await refused(redemptions.rollback(all.parent_redemption.id, 'return'), 400, 'invalid_redemption')
const back = await redemptions.rollbackStackable(all.parent_redemption.id, { reason: 'return' })
assert.equal(back.rollbacks.length, 3)
assert.equal(back.parent_rollback.redemption, all.parent_redemption.id)
assert.equal(back.order.status, 'CANCELED')
assert.equal((await vouchers.get('CARD')).gift.balance, 5000)
assert.equal((await orders.get(all.order.id)).total_amount, 20000)
step('roll all of them back')

const one = await redemptions.redeem('OFF10', { order: { amount: 3000 }, customer: { source_id: 'ada' } })
assert.equal(one.voucher.redemption.redeemed_quantity, 1)
assert.equal(one.order.total_amount, 2000)
const undone = await redemptions.rollback(one.id, { reason: 'again', customer: { source_id: 'ada' } })
assert.equal(undone.reason, 'again')
assert.equal(undone.voucher.redemption.redeemed_quantity, 0)
await refused(redemptions.rollback(one.id), 400, 'already_rolled_back')
const promoted = await promotions.tiers.redeem(tier.id, { order: { amount: 1000 } })
assert.equal(promoted.promotion_tier.id, tier.id)
await refused(redemptions.redeem('UNKNOWN', {}), 404, 'not_found')
step('redeem and roll back one at a time')

console.log('erased []')
console.log(`webhooks ${JSON.stringify([['customer.created', ada.id]])}`)
