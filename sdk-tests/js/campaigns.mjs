// Campaigns, their vouchers and publications, through the published JavaScript SDK.
//
// Prints one line per step, and at the end which webhooks it has caused.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { client, finished, generated, refused, step } from './support.mjs'

const {
  asyncActions, campaigns, categories, customers, distributions, products, promotions, segments, validationRules,
  vouchers,
} = client

// What campaigns speak of.

const ada = await customers.create({ source_id: 'ada', name: 'Ada', metadata: { club: 'VIP' } })
await products.create({ source_id: 'shirt', name: 'Shirt', price: 1300 })
const small = await products.createSku('shirt', { source_id: 'shirt-s', sku: 'Small shirt', price: 1250 })
const vip = await segments.create({
  name: 'VIP',
  type: 'auto-update',
  filter: { junction: 'and', 'metadata.club': { conditions: { $is: 'VIP' } } },
})
const members = await validationRules.create({
  name: 'VIPs',
  type: 'expression',
  rules: { 1: { name: 'customer.segment', conditions: { $is: [vip.id] } }, logic: '1' },
})
step('a product with a SKU, a segment and a rule')

// One campaign of each kind.

const coupons = await campaigns.create({
  name: 'Summer',
  campaign_type: 'DISCOUNT_COUPONS',
  type: 'AUTO_UPDATE',
  join_once: true,
  start_date: '2020-01-01T00:00:00.000Z',
  vouchers_count: 25,
  validation_rules: [members.id],
  voucher: {
    type: 'DISCOUNT_VOUCHER',
    discount: { type: 'UNIT', unit_type: small.id, unit_off: 1, effect: 'ADD_MISSING_ITEMS' },
    redemption: { quantity: 2 },
    code_config: { pattern: 'SUN-######' },
  },
  metadata: { season: 'summer' },
})
assert.match(coupons.id, /^camp_/)
assert.equal(coupons.object, 'campaign')
assert.equal(coupons.creation_status, 'IN_PROGRESS')
assert.equal(coupons.voucher.code_config.pattern, 'SUN-######')
assert.equal(coupons.voucher.discount.unit_type, small.id)
const [started] = (await asyncActions.list({ limit: 1 })).async_actions
assert.equal(started.type, 'CAMPAIGN.VOUCHERS_GENERATE')
assert.equal((await finished({ async_action_id: started.id })).result.done_count, 25)
const made = await generated('Summer')
assert.equal(made.vouchers_count, 25)
assert.equal(made.id, coupons.id)
step('create a discount campaign, and its codes are generated')

const gifts = await campaigns.create({
  name: 'Gifts',
  campaign_type: 'GIFT_VOUCHERS',
  vouchers_count: 2,
  voucher: { type: 'GIFT_VOUCHER', gift: { amount: 5000, effect: 'APPLY_TO_ORDER' } },
})
assert.equal(gifts.voucher.gift.amount, 5000)
const promotion = await promotions.create({
  name: 'Sale',
  campaign_type: 'PROMOTION',
  promotion: {
    tiers: [
      { name: 'Big', banner: '$30 off', action: { discount: { type: 'AMOUNT', amount_off: 3000 } }, hierarchy: 1 },
    ],
  },
})
assert.equal(promotion.promotion.tiers[0].banner, '$30 off')
const club = await campaigns.create({
  name: 'Club',
  campaign_type: 'LOYALTY_PROGRAM',
  auto_join: false,
  vouchers_count: 1,
  voucher: { type: 'LOYALTY_CARD', loyalty_card: { points: 100 } },
})
assert.equal(club.voucher.loyalty_card.points, 100)
assert.equal(club.join_once, true)
const friends = await campaigns.create({
  name: 'Friends',
  campaign_type: 'REFERRAL_PROGRAM',
  referral_program: {
    conversion_event_type: 'redemption',
    referee_reward: { type: 'GIFT_VOUCHER', amount: 500, related_object_parent: { id: gifts.id, object: 'campaign' } },
  },
  voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'PERCENT', percent_off: 15 } },
})
assert.equal(friends.referral_program.conversion_event_type, 'redemption')
assert.equal(friends.voucher.is_referral_code, true)
for (const name of ['Gifts', 'Club', 'Friends']) await generated(name)
await refused(campaigns.create({ name: 'Gifts', campaign_type: 'PROMOTION' }), 409, 'duplicate_found')
step('create campaigns of gift cards, promotions, loyalty cards and referral codes')

// A promotion's tiers.

const tier = await promotions.tiers.create(promotion.id, {
  name: 'Small',
  banner: '10 %',
  action: { discount: { type: 'PERCENT', percent_off: 10 } },
})
assert.match(tier.id, /^promo_/)
assert.equal((await promotions.tiers.update({ id: tier.id, banner: '12 %' })).banner, '12 %')
assert.equal((await promotions.tiers.list(promotion.id)).total, 2)
assert.equal((await promotions.tiers.get(tier.id)).name, 'Small')
assert.equal((await promotions.tiers.listAll({ is_available: true })).tiers.length, 2)
const pair = [promotion.promotion.tiers[0].id, tier.id]
const stack = await promotions.stack.createInCampaign(promotion.id, { name: 'Both', tiers: { ids: pair } })
assert.match(stack.id, /^stack_/)
assert.deepEqual((await promotions.stack.get(promotion.id, stack.id)).tiers.ids, pair)
const both = await promotions.stack.update(promotion.id, stack.id, { tiers: { ids: [tier.id] } })
assert.deepEqual(both.tiers.ids, [tier.id])
assert.equal((await promotions.stack.listInCampaign(promotion.id)).total, 1)
assert.equal((await promotions.stack.list()).data[0].id, stack.id)
await promotions.stack.delete(promotion.id, stack.id)
assert.equal((await promotions.stack.list()).total, 0)
step('create, get, update, list and delete a promotion stack')
await promotions.tiers.delete(tier.id)
assert.equal((await promotions.tiers.list(promotion.id)).total, 1)
step('create, update, list, get and delete promotion tiers')

// Campaigns are listed and changed.

const all = await campaigns.list({ order: 'created_at' })
assert.equal(all.data_ref, 'campaigns')
assert.equal(all.total, 5)
assert.deepEqual(all.campaigns.map(campaign => campaign.name), ['Summer', 'Gifts', 'Sale', 'Club', 'Friends'])
const found = async params => (await campaigns.list(params)).campaigns.map(campaign => campaign.name)
assert.deepEqual(await found({ campaign_type: 'LOYALTY_PROGRAM' }), ['Club'])
assert.deepEqual(await found({ limit: 2, page: 2 }), ['Sale', 'Gifts'])
assert.deepEqual(await found({ filters: { junction: 'and', campaigns: { conditions: { $starts_with: ['Su'] } } } }), [
  'Summer',
])
step('list and filter campaigns')

const changed = await campaigns.update('Summer', { description: 'Sunny', metadata: { year: 2026 } })
assert.equal(changed.description, 'Sunny')
assert.deepEqual(changed.metadata, { season: 'summer', year: 2026 })
assert.ok(changed.updated_at)
await campaigns.disable('Summer')
assert.equal((await campaigns.get(coupons.id)).active, false)
await campaigns.enable('Summer')
assert.equal((await campaigns.get(coupons.id)).active, true)
await refused(campaigns.update('Winter', { description: 'Cold' }), 404, 'not_found')
await generated('Summer')
step('update, disable and enable a campaign')

// A category, and codes that were printed long ago.

const category = await categories.create({ name: 'Print', hierarchy: 2 })
assert.match(category.id, /^cat_/)
assert.equal((await categories.update(category.id, { name: 'Paper', hierarchy: 3 })).name, 'Paper')
assert.equal((await categories.get(category.id)).hierarchy, 3)
assert.equal((await categories.list()).total, 1)
const leaflet = await campaigns.create({
  name: 'Leaflet',
  campaign_type: 'DISCOUNT_COUPONS',
  type: 'STATIC',
  category_id: category.id,
  vouchers_count: 3,
  voucher: { type: 'DISCOUNT_VOUCHER', discount: { type: 'FIXED', fixed_amount: 4000 }, code_config: { prefix: 'L-' } },
})
assert.equal(leaflet.type, 'STATIC')
assert.equal((await generated('Leaflet')).vouchers_count, 3)
assert.equal((await vouchers.list({ category: 'Paper' })).total, 3)
await finished(await campaigns.delete(leaflet.id, { force: true }))
await categories.delete(category.id)
assert.equal((await categories.list()).total, 0)
step('categories, and a static campaign of fixed prices')

// More codes.

const added = await campaigns.addVoucher('Summer', { metadata: { batch: 2 } })
assert.match(added.code, /^SUN-\w{6}$/)
assert.equal(added.campaign_id, coupons.id)
assert.equal((await finished(await campaigns.addVoucher('Summer', {}, { vouchers_count: 5 }))).result.done_count, 5)
assert.equal((await campaigns.addCertainVoucher('Summer', 'SUN-ADA')).code, 'SUN-ADA')
await refused(campaigns.addCertainVoucher('Summer', 'SUN-ADA'), 409, 'duplicate_found')
await finished(await campaigns.importVouchers('Gifts', [{ code: 'GIFT-7', gift: { amount: 700 } }]))
const folder = await mkdtemp(join(tmpdir(), 'guerdon-sdk-'))
const file = join(folder, 'file.csv')
await writeFile(file, 'Code,Gift Amount\nGIFT-8,8.5\n')
await finished(await campaigns.importVouchersCSV(gifts.id, file))
await rm(folder, { recursive: true })
assert.equal((await vouchers.get('GIFT-8')).gift.amount, 850)
assert.equal((await campaigns.get('Summer')).vouchers_count, 32)
step('addVoucher, addCertainVoucher, importVouchers, importVouchersCSV')

// Codes are given away.

const once = await distributions.publications.create({
  campaign: { name: 'Summer' },
  customer: { source_id: 'ada' },
  metadata: { till: 3 },
})
assert.match(once.id, /^pub_/)
assert.equal(once.customer_id, ada.id)
assert.equal(once.result, 'SUCCESS')
assert.match(once.voucher.code, /^SUN-/)
assert.deepEqual(once.vouchers_id, [once.voucher.id])
await refused(
  distributions.publications.create({ campaign: 'Summer', customer: 'ada' }),
  400,
  'voucher_cannot_be_published',
)
const two = await distributions.publications.create({ campaign: { name: 'Gifts', count: 2 }, customer: ada.id })
assert.equal(two.vouchers.length, 2)
const bobs = await distributions.publications.create({
  voucher: 'GIFT-7',
  customer: { source_id: 'bob', name: 'Bob' },
  source_id: 'mail-1',
})
assert.equal(bobs.voucher.code, 'GIFT-7')
assert.equal(bobs.tracking_id, 'bob')
const card = await distributions.publications.create({ campaign: { name: 'Club' }, customer: { source_id: 'ada' } })
assert.equal(card.voucher.loyalty_card.balance, 100)
const referral = await distributions.publications.create({ campaign: { name: 'Friends' }, customer: ada.id })
assert.equal(referral.voucher.is_referral_code, true)
assert.equal(referral.voucher.referrer_id, ada.id)
step('distributions.publications.create')

const published = await distributions.publications.list({ customer: ada.id })
assert.equal(published.data_ref, 'publications')
assert.equal(published.total, 4)
assert.equal((await distributions.publications.list({ campaign: 'Gifts' })).total, 2)
assert.equal((await distributions.publications.list({ voucher: 'GIFT-7' })).publications[0].source_id, 'mail-1')
step('distributions.publications.list')

// Vouchers.

const mine = await vouchers.get(once.voucher.code)
assert.equal(mine.id, once.voucher.id)
assert.equal(mine.campaign, 'Summer')
assert.equal(mine.holder_id, ada.id)
assert.equal(mine.publish.count, 1)
assert.equal(mine.redemption.quantity, 2)
assert.equal(mine.validation_rules_assignments.total, 1)
assert.ok(mine.assets.qr.url)
await refused(vouchers.get('NOTHING'), 404, 'not_found')
step('get a voucher by its code')

const listed = await vouchers.list({ campaign: 'Summer', limit: 20, page: 2 })
assert.equal(listed.data_ref, 'vouchers')
assert.equal(listed.total, 32)
assert.equal(listed.vouchers.length, 12)
assert.deepEqual((await vouchers.list({ code: 'SUN-ADA' })).vouchers.map(voucher => voucher.code), ['SUN-ADA'])
assert.equal((await vouchers.list({ customer: ada.id })).total, 5)
const batch = { junction: 'and', 'metadata.batch': { conditions: { $is: [2] } } }
assert.deepEqual((await vouchers.list({ filters: batch })).vouchers.map(voucher => voucher.code), [added.code])
assert.equal((await vouchers.list({ created_at: { after: mine.created_at }, code: mine.code })).total, 0)
step('list and filter vouchers')

const own = await vouchers.create({
  code: 'HELLO',
  type: 'DISCOUNT_VOUCHER',
  discount: { type: 'AMOUNT', amount_off: 500 },
  redemption: { quantity: null },
})
assert.equal(own.code, 'HELLO')
assert.equal(own.campaign, null)
assert.equal(own.redemption.quantity, null)
const updated = await vouchers.update({ code: 'HELLO', additional_info: 'Poster', metadata: { wall: 'north' } })
assert.equal(updated.additional_info, 'Poster')
assert.deepEqual(updated.metadata, { wall: 'north' })
assert.equal((await vouchers.disable('HELLO')).active, false)
assert.equal((await vouchers.enable('HELLO')).active, true)
const drawn = await vouchers.create({ type: 'DISCOUNT_VOUCHER', discount: { type: 'PERCENT', percent_off: 5 } })
assert.match(drawn.code, /^\w{8}$/)
await vouchers.delete(drawn.code, { force: true })
step('create, update, disable and enable a voucher')

const balance = await vouchers.balance.create('GIFT-7', { amount: 300, reason: 'Birthday', source_id: 'till-7' })
assert.equal(balance.balance, 1000)
assert.equal(balance.total, 1000)
assert.equal(balance.type, 'gift_voucher')
assert.equal((await vouchers.get('GIFT-7')).gift.balance, 1000)
await refused(vouchers.balance.create('GIFT-7', { amount: -5000 }), 400, 'gift_amount_exceeded')
await refused(vouchers.balance.create('HELLO', { amount: 1 }), 400, 'invalid_voucher')
const entries = await vouchers.listTransactions('GIFT-7', { limit: 5 })
assert.deepEqual(entries.data.map(entry => [entry.type, entry.source_id]), [['CREDITS_ADDITION', 'till-7']])
step('vouchers.balance.create, listTransactions')

const imported = await finished(
  await vouchers.import([{ code: 'IMPORTED', type: 'GIFT_VOUCHER', gift: { amount: 10 } }]),
)
assert.equal(imported.status, 'DONE')
await finished(await vouchers.bulkUpdate([{ code: 'HELLO', metadata: { wall: 'south' } }]))
await finished(await vouchers.bulkUpdateMetadata({ codes: ['HELLO', 'IMPORTED'], metadata: { seen: true } }))
assert.deepEqual((await vouchers.get('HELLO')).metadata, { wall: 'south', seen: true })
assert.deepEqual((await vouchers.get('IMPORTED')).metadata, { seen: true })
step('import, bulkUpdate, bulkUpdateMetadata')

// Goodbye.

await vouchers.delete('HELLO')
await refused(vouchers.get('HELLO'), 404, 'not_found')
await vouchers.delete('IMPORTED', { force: true })
await refused(vouchers.get('IMPORTED'), 404, 'not_found')
await finished(await campaigns.delete('Summer'))
await refused(campaigns.get('Summer'), 404, 'not_found')
await refused(vouchers.get('SUN-ADA'), 404, 'not_found')
await finished(await campaigns.delete(promotion.id, { force: true }))
assert.deepEqual(await found({}), ['Friends', 'Club', 'Gifts'])
step('delete vouchers and campaigns')

console.log('erased []')
console.log(
  `webhooks ${JSON.stringify([
    ['customer.created', ada.id],
    ['customer.created', bobs.customer_id],
  ])}`,
)
