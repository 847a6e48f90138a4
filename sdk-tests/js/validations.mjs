// Validations, through the published JavaScript SDK.
//
// Prints one line per step, and at the end which webhooks it has caused.
import assert from 'node:assert/strict'
import { client, refused, step } from './support.mjs'

const { campaigns, customers, promotions, validations, vouchers } = client

const ada = await customers.create({ source_id: 'ada', name: 'Ada' })
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

const order = { amount: 20000 }
const all = await validations.validateStackable({
  redeemables: [
    { object: 'voucher', id: 'CARD', gift: { credits: 100 } },
    { object: 'voucher', id: 'OFF10' },
    { object: 'promotion_tier', id: tier.id },
  ],
  order,
  customer: { source_id: 'ada' },
  session: { type: 'LOCK', key: 'cart-1', ttl: 5, ttl_unit: 'MINUTES' },
})
assert.match(all.id, /^valid_/)
assert.equal(all.valid, true)
assert.deepEqual(all.redeemables.map(entry => entry.status), ['APPLICABLE', 'APPLICABLE', 'APPLICABLE'])
assert.deepEqual(all.redeemables.map(entry => entry.order.total_amount), [19900, 18900, 17010])
assert.equal(all.order.total_applied_discount_amount, 2990)
assert.deepEqual(all.session, { key: 'cart-1', type: 'LOCK', ttl: 5, ttl_unit: 'MINUTES' })
assert.match(all.tracking_id, /^track_/)
step('validate several redeemables and lock them')

const late = await validations.validateStackable({
  redeemables: [{ object: 'voucher', id: 'OFF10' }, { object: 'voucher', id: 'CARD' }],
  order,
})
assert.equal(late.valid, false)
assert.equal(late.inapplicable_redeemables[0].result.error.key, 'quantity_exceeded')
assert.equal(late.skipped_redeemables[0].result.details.key, 'preceding_validation_failed')
const nothing = validations.validateStackable({ redeemables: [] })
await refused(nothing, 400, 'invalid_payload')
step('what is locked is gone')

const code = await validations.validateVoucher('CARD', { order, tracking_id: all.tracking_id })
assert.equal(code.valid, true)
assert.equal(code.order.total_amount, 15100)
assert.equal(code.gift.balance, 5000)
assert.equal(code.tracking_id, all.tracking_id)
const once = await validations.validateVoucher('OFF10', { order })
assert.equal(once.valid, false)
assert.equal(once.reason, 'quantity exceeded')
await refused(validations.validateVoucher('UNKNOWN', { order }), 404, 'not_found')
step('validate a voucher')

const valid = await promotions.validate({ order, customer: { id: ada.id } })
assert.equal(valid.valid, true)
assert.deepEqual(valid.promotions.map(promotion => promotion.id), [tier.id])
assert.equal(valid.promotions[0].applied_discount_amount, 2000)
step('validate promotions')

console.log('erased []')
console.log(`webhooks ${JSON.stringify([['customer.created', ada.id]])}`)
