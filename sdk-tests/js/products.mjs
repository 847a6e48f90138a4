// The life of some products, through the published JavaScript SDK.
//
// Prints one line per step, and at the end that it has caused no webhooks.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { client, finished, refused, step } from './support.mjs'

const { products } = client

// One product.

const shirt = await products.create({
  source_id: 'shirt',
  name: 'Shirt',
  price: 1300,
  attributes: ['color', 'size'],
  image_url: 'https://shop.example/shirt.png',
  metadata: { season: 'summer', tags: ['new'] },
})
assert.match(shirt.id, /^prod_/)
assert.equal(shirt.object, 'product')
assert.equal(shirt.price, 1300)
assert.deepEqual(shirt.attributes, ['color', 'size'])
assert.equal(shirt.updated_at, null)
assert.equal('skus' in shirt, false)
step('create')

const again = await products.create({ source_id: 'shirt', price: 1400, metadata: { season: 'winter' } })
assert.equal(again.id, shirt.id)
assert.deepEqual(again.metadata, { season: 'winter', tags: ['new'] })
assert.ok(again.updated_at)
assert.equal((await products.update({ source_id: 'shirt', name: 'T-Shirt' })).name, 'T-Shirt')
assert.equal((await products.update({ id: shirt.id, price: 1500 })).price, 1500)
await refused(products.update({ id: 'prod_unknown', name: 'X' }), 404, 'not_found')
step('create again, and update by either id')

// Its SKUs.

const small = await products.createSku('shirt', {
  source_id: 'shirt-s',
  sku: 'Small shirt',
  price: 1250,
  currency: 'USD',
  attributes: { color: 'red', size: 'S' },
  metadata: { shelf: 4 },
})
assert.match(small.id, /^sku_/)
assert.equal(small.product_id, shirt.id)
assert.deepEqual(small.attributes, { color: 'red', size: 'S' })
assert.equal((await products.getSku('shirt-s')).id, small.id)
assert.equal((await products.updateSku('shirt', { id: small.id, price: 1200 })).price, 1200)
const found = await products.get('shirt')
assert.equal(found.skus.object, 'list')
assert.equal(found.skus.total, 1)
assert.equal(found.skus.data[0].sku, 'Small shirt')
const skus = await products.listSkus(shirt.id)
assert.equal(skus.total, 1)
assert.equal(skus.skus[0].price, 1200)
step('createSku, getSku, updateSku, listSkus')

await products.create({ source_id: 'cap' })
const inUse = await refused(products.createSku('cap', { source_id: 'shirt-s' }), 400, 'resource_in_use')
assert.match(inUse.details, /^Resource sku with id shirt-s is in use by products with ids \[prod_/)
step('a SKU stays with its product')

// Many.

const folder = await mkdtemp(join(tmpdir(), 'guerdon-sdk-'))
const file = join(folder, 'file.csv')
await writeFile(file, 'name,source_id,price,attributes,brand\nHat,hat,21,"color,size",Acme\n,nameless,1,,\n')
const imported = await finished(await products.importCSV(file))
assert.equal(imported.type, 'PRODUCTS.IMPORT_CSV')
assert.equal(imported.result.message, '1 product(s) imported successfully, 1 failed.')
const hat = await products.get('hat')
assert.equal(hat.price, 2100)
assert.deepEqual(hat.metadata, { brand: 'Acme' })
await writeFile(file, 'product_id,sku,source_id,price,attributes\nhat,Blue hat,hat-b,14.5,"{\'color\':\'blue\'}"\n')
const importedSkus = await finished(await products.importSkusCSV(file))
assert.equal(importedSkus.result.message, '1 sku(s) imported successfully, 0 failed.')
assert.deepEqual((await products.getSku('hat-b')).attributes, { color: 'blue' })
assert.equal((await products.getSku('hat-b')).price, 1450)
await rm(folder, { recursive: true })
step('importCSV, importSkusCSV')

const bulk = await finished(await products.bulkUpdate([{ source_id: 'hat', price: 1 }, { source_id: 'new' }]))
assert.equal(bulk.result.done_count, 2)
const tagged = await finished(await products.bulkUpdateMetadata({ source_ids: ['hat', 'new'], metadata: { sale: true } }))
assert.equal(tagged.result.done_count, 2)
assert.deepEqual((await products.get('hat')).metadata, { brand: 'Acme', sale: true })
step('bulkUpdate, bulkUpdateMetadata')

const list = await products.list({ limit: 3 })
assert.equal(list.data_ref, 'products')
assert.equal(list.total, 5)
assert.deepEqual(list.products.map(product => product.source_id), ['5h1pp1ng', 'shirt', 'cap'])
assert.equal(list.products[1].skus.total, 1)
assert.equal((await products.list({ limit: 3, page: 2 })).products.length, 2)
step('list')

// Goodbye.

await products.deleteSku('shirt', 'shirt-s', { force: true })
await refused(products.getSku('shirt-s'), 404, 'not_found')
await products.delete('shirt')
await refused(products.get('shirt'), 404, 'not_found')
await refused(products.create({ source_id: 'shirt' }), 409, 'duplicate_found')
await products.delete('hat', { force: true })
await refused(products.getSku('hat-b'), 404, 'not_found')
assert.notEqual((await products.create({ source_id: 'hat' })).id, hat.id)
step('delete and deleteSku, with and without force')

console.log('erased []')
console.log('webhooks []')
