// Whether webhook bodies survive JSON.parse and JSON.stringify byte for byte, as clients need that
// verify signatures over the parsed body. Reads one body per line, each in base64.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const lines = readFileSync(0, 'utf8').split('\n').filter(Boolean)
for (const line of lines) {
  const body = Buffer.from(line, 'base64').toString('utf8')
  assert.equal(JSON.stringify(JSON.parse(body)), body)
}
console.log(`${lines.length} bodies are the same after a round trip`)
