// The other side, on this machine: HTTPS with a certificate of its own, one token, four requests in 300 ms.
import { once } from 'node:events'
import { createServer } from 'node:https'
import { generate } from 'selfsigned'

export const TOKEN = 'tide-token-0123456789'
const WINDOW = 300
const LIMIT = 4
const STATIONS = [
  { id: 'dov', name: 'Dover', country: 'gb', height: 6.8 },
  { id: 'bre', name: 'Brest', country: 'fr', height: 7.3 },
]

export async function startServer() {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  })
  let times = []
  let surveys = 0
  const server = createServer({ cert, key }, (request, response) => {
    const now = Date.now()
    times = times.filter((time) => time > now - WINDOW)
    const isKnown = request.headers['tidewater-token'] === TOKEN
    const isOver = times.length >= LIMIT
    if (isKnown && !isOver) times.push(now)
    const send = (status, body) => {
      response.writeHead(status, {
        'content-type': 'application/json',
        'quota-limit': LIMIT,
        'quota-left': LIMIT - times.length,
        'quota-reset': (times[0] ?? now) + WINDOW - now,
      })
      response.end(JSON.stringify(body))
    }
    const fail = (status, kind, text, number) => send(status, { fault: { kind, text, number } })
    if (!isKnown) return fail(401, 'WhoAreYou', 'This token is not known', 3)
    if (isOver) return fail(429, 'TooFast', 'Wait for the tide', 9)
    const { pathname, searchParams } = new URL(request.url, 'https://127.0.0.1')
    if (request.method === 'POST' && pathname === '/v2/surveys') {
      surveys += 1
      // The ship is booked, and nobody hears of it.
      return request.on('data', () => {}).on('end', () => request.socket.destroy())
    }
    if (pathname === '/v2/stations') {
      const countries = searchParams.get('countries')?.split(',')
      return send(200, { stations: STATIONS.filter(({ country }) => !countries || countries.includes(country)) })
    }
    const found = STATIONS.find(({ id }) => pathname === `/v2/stations/${id}`)
    return found ? send(200, found) : fail(404, 'NoSuchStation', 'There is no such station', 17)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `https://127.0.0.1:${server.address().port}`,
    ca: cert,
    surveys: () => surveys,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
