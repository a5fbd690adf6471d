// Tidewater, an API that has nothing to do with OneBalance, described as a value. This file is all that the engine needs: the client,
// its types, the checks of input and answers, the retries and the rate limit come from it.
import { defineApi, endpoint } from '@ob/node'
import * as v from 'valibot'

const station = v.looseObject({
  id: v.string(),
  name: v.string(),
  /** Metres above chart datum. */
  height: v.number(),
})

const listStations = endpoint({
  method: 'GET',
  path: '/v2/stations',
  summary: 'Stations, by country',
  input: v.object({ countries: v.optional(v.array(v.string())) }),
  output: v.looseObject({ stations: v.array(station) }),
  retry: 'safe',
  maxAge: 60_000,
})

const getStation = endpoint({
  method: 'GET',
  path: '/v2/stations/{id}',
  summary: 'One station',
  input: v.object({ id: v.pipe(v.string(), v.regex(/^[a-z]{3}$/, 'must be three lower-case letters')) }),
  output: station,
  retry: 'safe',
})

const bookSurvey = endpoint({
  method: 'POST',
  path: '/v2/surveys',
  summary: 'Books a ship; costs money',
  input: v.object({
    reference: v.string(),
    station: v.string(),
    hours: v.pipe(v.number(), v.integer(), v.minValue(1)),
  }),
  output: v.looseObject({ reference: v.string(), booked: v.boolean() }),
  retry: 'once',
})

export const tidewater = defineApi({
  name: 'Tidewater',
  baseURL: 'https://api.tidewater.example',
  keyHeader: 'tidewater-token',
  keyEnv: 'TIDEWATER_API_KEY',
  rateHeaders: { limit: 'quota-limit', remaining: 'quota-left', reset: 'quota-reset', resetUnit: 'ms' },
  // { "fault": { "kind": "NoSuchStation", "text": "…", "number": 17 } }
  readError: (body) => body?.fault && { error: body.fault.kind, message: body.fault.text, code: body.fault.number },
  hints: { 401: 'Get a token at the harbour office, and set TIDEWATER_API_KEY.' },
  endpoints: {
    stations: { list: listStations, get: getStation },
    surveys: { book: bookSurvey },
  },
})
