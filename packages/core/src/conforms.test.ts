import fc from 'fast-check'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { listEndpoints } from './api.ts'
import { conforms } from './conforms.ts'
import { oneBalance } from './onebalance/api.ts'

/** Values that a field of a JSON answer can have, and those of the contract. */
const leaf = fc.oneof(
  fc.constantFrom(null, undefined, true, '', '0', 'ob:usdc', 'COMPLETED', '0x', Number.NaN, -1, 1.5),
  fc.string(),
  fc.integer(),
)
const json = fc.jsonValue({ maxDepth: 3 })

/** A value that nearly fits a schema: each part of it is now and then another. */
function nearly(schema: v.GenericSchema, depth = 0): fc.Arbitrary<unknown> {
  const part = schema as unknown as {
    type: string
    pipe?: v.GenericSchema[]
    wrapped?: v.GenericSchema
    item?: v.GenericSchema
    entries?: Record<string, v.GenericSchema>
    options?: v.GenericSchema[]
    literal?: unknown
  }
  const fitting = (): fc.Arbitrary<unknown> => {
    if (depth > 6) return leaf
    switch (part.type) {
      case 'literal':
        return fc.constant(part.literal)
      case 'optional':
      case 'nullish':
        return fc.oneof(fc.constant(undefined), nearly(part.wrapped as v.GenericSchema, depth + 1))
      case 'array':
        return fc.array(nearly(part.item as v.GenericSchema, depth + 1), { maxLength: 3 })
      case 'object':
      case 'loose_object':
        return fc.record(
          Object.fromEntries(
            Object.entries(part.entries ?? {}).map(([name, entry]) => [name, nearly(entry, depth + 1)]),
          ),
          { requiredKeys: [] },
        )
      case 'union':
      case 'variant':
        return fc.oneof(...(part.options ?? []).map((option) => nearly(option, depth + 1)))
      case 'string':
        return fc.string()
      case 'number':
        return fc.double()
      default:
        return json
    }
  }
  return fc.oneof({ weight: 12, arbitrary: fitting() }, { weight: 1, arbitrary: leaf })
}

const schemas = listEndpoints(oneBalance).flatMap(({ name, endpoint }) => [
  [`${name}: answer`, endpoint.output] as const,
  ...(endpoint.input ? [[`${name}: input`, endpoint.input] as const] : []),
])

describe('conforms', () => {
  it.each(schemas)('says what safeParse says of %s', (_, schema) => {
    const property = fc.property(fc.oneof(nearly(schema), json), (value) => {
      expect(conforms(schema, value)).toBe(v.safeParse(schema, value).success)
    })
    fc.assert(property, { numRuns: 200 })
  })

  it.each([
    ['a default', v.object({ a: v.optional(v.string(), 'x') })],
    ['a default that does not fit', v.object({ a: v.optional(v.pipe(v.string(), v.minLength(3)), 'x') })],
    ['a fallback', v.object({ a: v.fallback(v.string(), 'x') })],
    ['a transformation', v.pipe(v.string(), v.trim(), v.nonEmpty())],
    ['a schema in a pipe', v.pipe(v.string(), v.string(), v.maxLength(2))],
    ['a strict object', v.strictObject({ a: v.string() })],
    ['a record', v.record(v.string(), v.number())],
    ['an exact optional field', v.object({ a: v.exactOptional(v.string()) })],
    ['a nullable field', v.object({ a: v.nullable(v.string()) })],
    ['a picklist', v.picklist(['a', 'b'])],
    ['a date', v.date()],
    [
      'a check of the whole',
      v.pipe(
        v.object({ a: v.string() }),
        v.forward(
          v.check(({ a }) => a !== 'b'),
          ['a'],
        ),
      ),
    ],
  ] as [string, v.GenericSchema][])('says what safeParse says of %s', (_, schema) => {
    const value = fc.oneof(fc.constantFrom({}, { a: 'b' }, { a: undefined }, { a: 'abc', b: 1 }, 'a', ' ', 'abc'), json)
    const property = fc.property(value, (any) => {
      expect(conforms(schema, any)).toBe(v.safeParse(schema, any).success)
    })
    fc.assert(property)
  })
})
