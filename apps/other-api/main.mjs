import { createClient } from '@ob/node'
import { tidewater } from './api.mjs'
import { startServer, TOKEN } from './server.mjs'

const server = await startServer()
const connect = (apiKey) => createClient({ api: tidewater, apiKey, baseURL: server.url, ca: server.ca })
const client = connect(TOKEN)

const { stations } = await client.stations.list({ countries: ['gb', 'fr'] })
for (const { name, height } of stations) console.log(`${name}: ${height} m`)

console.log('\nA fault of its own shape:')
await show(() => client.stations.get({ id: 'xyz' }))
console.log('\nInput that does not fit, found before anything is sent:')
await show(() => client.stations.get({ id: 'Dover' }))
console.log('\nA token that nobody knows:')
const stranger = connect('another-token-0123456789')
await show(() => stranger.stations.list())

console.log('\nTwelve calls at once, with four allowed in 300 ms: the client waits, none is refused.')
const replies = await Promise.all(Array.from({ length: 12 }, () => client.stations.list({}).withResponse()))
const attempts = replies.reduce((sum, { response }) => sum + response.attempts.length, 0)
console.log(`${replies.length} answers, ${attempts} requests`)

console.log('\nA booking whose answer is lost:')
await show(() => client.surveys.book({ reference: 'S-1', station: 'dov', hours: 2 }))
console.log(`Ships booked: ${server.surveys()}`)

await client.close()
await stranger.close()
server.close()

async function show(act) {
  try {
    console.log(await act())
  } catch (error) {
    console.log(`${error.name} (${error.outcome}): ${error.message}\n  ${error.hint}`)
  }
}
