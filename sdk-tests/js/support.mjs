// What the scripts have in common.
import assert from 'node:assert/strict'
import sdk from '@voucherify/sdk'

export const client = sdk.VoucherifyServerSide({
  apiUrl: process.env.GUERDON_URL,
  applicationId: process.env.GUERDON_APP_ID,
  secretKey: process.env.GUERDON_APP_TOKEN,
})

export const step = text => console.log(`ok  ${text}`)

export async function refused(promise, code, key) {
  const error = await promise.then(() => assert.fail('this should have been refused'), error => error)
  assert.equal(error.code, code)
  assert.equal(error.key, key)
  assert.ok(error.request_id)
  return error
}

export async function finished({ async_action_id: id }) {
  assert.ok(id)
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    const action = await client.asyncActions.get(id)
    if (action.status === 'DONE' || action.status === 'FAILED') return action
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  assert.fail(`async action ${id} does not end`)
}

export async function generated(campaign) {
  const deadline = Date.now() + 30_000
  while (Date.now() < deadline) {
    const found = await client.campaigns.get(campaign)
    if (found.creation_status === 'DONE') return found
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  assert.fail(`the vouchers of ${campaign} are not generated`)
}
