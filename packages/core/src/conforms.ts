import type { BaseIssue, GenericSchema } from 'valibot'
import type { Issue } from './api.ts'
import { toLine } from './errors/normalize.ts'

/** A part of a schema, as far as it is read here; the rest is asked by its own `~run`. */
interface Part {
  readonly kind: 'schema' | 'validation' | 'transformation' | 'metadata'
  readonly type: string
  readonly async?: boolean
  readonly default?: unknown
  readonly fallback?: unknown
  readonly pipe?: readonly Part[]
  readonly wrapped?: Part
  readonly item?: Part
  readonly entries?: Readonly<Record<string, Part>>
  readonly options?: readonly Part[]
  readonly literal?: unknown
  readonly '~run': (
    dataset: { readonly typed: boolean; readonly value: unknown },
    config: object,
  ) => { readonly issues?: unknown }
}

type Check = (value: unknown) => boolean

const checks = new WeakMap<GenericSchema, Check>()

/**
 * Whether a value fits a schema, as valibot's `safeParse` says. That one builds the value anew beside it, which costs more than the
 * look; so it is asked only for the kinds of schema that are not known here, and for what is wrong.
 */
export function conforms(schema: GenericSchema, value: unknown): boolean {
  let check = checks.get(schema)
  if (!check) {
    check = compile(schema as unknown as Part)
    checks.set(schema, check)
  }
  return check(value)
}

function compile(part: Part): Check {
  const run: Check = (value) => part['~run']({ typed: false, value }, CONFIG).issues === undefined
  if (part.async || part.fallback !== undefined || part.default !== undefined) return run
  if (part.pipe) return compilePipe(part.pipe) ?? run
  switch (part.type) {
    case 'unknown':
      return () => true
    case 'string':
    case 'boolean':
      return (value) => typeof value === part.type
    case 'number':
      return (value) => typeof value === 'number' && !Number.isNaN(value)
    case 'literal':
      return (value) => value === part.literal
    case 'optional': {
      const check = compile(part.wrapped as Part)
      return (value) => value === undefined || check(value)
    }
    case 'nullish': {
      const check = compile(part.wrapped as Part)
      return (value) => value === undefined || value === null || check(value)
    }
    case 'array': {
      const check = compile(part.item as Part)
      return (value) => Array.isArray(value) && value.every(check)
    }
    case 'object':
    case 'loose_object':
      return compileObject(part.entries as Readonly<Record<string, Part>>)
    default:
      return run
  }
}

function compileObject(entries: Readonly<Record<string, Part>>): Check {
  const fields = Object.entries(entries).map(([name, part]) => ({
    name,
    check: compile(part),
    mayMiss: part.fallback !== undefined || ['exact_optional', 'optional', 'nullish'].includes(part.type),
    // A default stands in for a field that is missing, and is checked in its place.
    isFilled: part.default !== undefined,
  }))
  return (value) => {
    if (typeof value !== 'object' || value === null) return false
    const object = value as Record<string, unknown>
    for (const { name, check, mayMiss, isFilled } of fields) {
      const field = object[name]
      if (field !== undefined || name in object) {
        if (!check(field)) return false
      } else if (!mayMiss) return false
      else if (isFilled && !check(undefined)) return false
    }
    return true
  }
}

function compilePipe(pipe: readonly Part[]): Check | undefined {
  if (pipe.some(({ kind, async }) => kind === 'transformation' || async)) return undefined
  const all = pipe
    .filter(({ kind }) => kind !== 'metadata')
    .map((part): Check => {
      if (part.kind === 'schema') return compile(part)
      return (value) => part['~run']({ typed: true, value }, CONFIG).issues === undefined
    })
  return (value) => all.every((check) => check(value))
}

const CONFIG = Object.freeze({})

/** More issues than these help nobody. */
const MAX_ISSUES = 10

/**
 * What of a value does not fit a schema; `undefined` where all does. Without the values that valibot's issues quote: a value may be a
 * secret, and may be long.
 */
export function findIssues(schema: GenericSchema, value: unknown): Issue[] | undefined {
  if (conforms(schema, value)) return undefined
  return schema['~run']({ value }, CONFIG)
    .issues?.slice(0, MAX_ISSUES)
    .map((issue) => ({
      // A name can be anything where a map is read, and the path goes into a message of one line.
      path: toLine(issue.path?.map((item) => String(item.key)).join('.')) ?? '',
      message: describe(issue),
    }))
}

function describe(issue: BaseIssue<unknown>): string {
  const quoted = `eceived ${issue.received}`
  if (!issue.message.endsWith(quoted)) return issue.message
  if (issue.received === 'undefined') return 'is missing'
  return issue.expected ? `must be ${issue.expected}` : 'is not valid'
}
