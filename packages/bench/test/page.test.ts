import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { renderCharts } from '../src/page/charts.ts'
import { judge } from '../src/page/goals.ts'
import { replaceResults } from '../src/page/write.ts'
import type { CellSummary, ClientsResult } from '../src/parts/clients.ts'
import { DOCS, readResults } from '../src/results.ts'

test('docs/performance.md and its charts are what docs/performance.json says', () => {
  const page = readFileSync(`${DOCS}performance.md`, 'utf8')
  const results = readResults()
  expect(replaceResults(page, results)).toBe(page)
  for (const [name, svg] of Object.entries(renderCharts(results)))
    expect(readFileSync(`${DOCS}performance/${name}`, 'utf8')).toBe(svg)
})

describe('a goal', () => {
  const verdictOf = (ours: number, noise: readonly [number, number, number] = [1, 1, 1]) =>
    judge({ clients: clients({ ob: [ours, ours, ours], 'fetch-again': noise }) }).find(({ what }) =>
      what.startsWith('small JSON, 1 in flight'),
    )

  test('is met at its limit, and missed above it', () => {
    expect(verdictOf(0.65)).toMatchObject({ goal: '<= 0.65', measured: '0.65', verdict: 'met' })
    expect(verdictOf(0.66)).toMatchObject({ measured: '0.66', verdict: 'missed' })
  })

  test('is met above it by less than the noise, and the page says so', () => {
    expect(verdictOf(0.7, [0.95, 1, 1.05])).toMatchObject({
      measured: '0.70 (within the noise of 0.10)',
      verdict: 'met',
    })
    expect(verdictOf(0.76, [0.95, 1, 1.05])).toMatchObject({ verdict: 'missed' })
  })

  test('is not judged by what was not measured', () => {
    expect(new Set(judge({}).map(({ verdict }) => verdict))).toEqual(new Set(['not measured']))
  })

  test('of the peers names the cells in which one is cheaper, and takes floor and noise for none', () => {
    const measured = clients({ ob: [0.6, 0.6, 0.6], stripe: [0.5, 0.5, 0.5], ky: [1, 1, 1], dispatch: [0.4, 0.4, 0.4] })
    expect(judge({ clients: measured }).find(({ what }) => what.startsWith('every peer'))).toEqual({
      what: 'every peer, every case: CPU',
      goal: 'no less than ours',
      measured: '1 of 2 cells; cheaper: stripe in small, 1 in flight (0.50 to our 0.60)',
      verdict: 'missed',
    })
  })
})

function clients(cpu: Readonly<Record<string, CellSummary['cpu']>>): ClientsResult {
  const rows = Object.entries(cpu).map(([name, spread]) => [
    name,
    { 'small@1': { cpu: spread, throughput: spread, p99: spread, cpuMicroseconds: 1 } },
  ])
  return { runtime: 'Node.js', rounds: 1, scale: 1, seed: 1, clients: Object.fromEntries(rows) }
}
