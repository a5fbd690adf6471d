// What is counted, and how it is written down.
import { expect, test } from 'vitest'
import { createUsage } from '../src/index.ts'

test('counts by caller, endpoint and status', () => {
  const usage = createUsage()
  for (const status of [200, 200, 429]) usage.record({ caller: 'user:a', endpoint: 'GET /a', status })
  usage.record({ caller: 'user:b', endpoint: 'GET /a', status: 200 })
  usage.count('cache_hits')
  usage.count('cache_hits')
  const lines = usage.metrics().split('\n')
  expect(lines.filter((line) => line.startsWith('onebalance_proxy_requests_total'))).toEqual([
    'onebalance_proxy_requests_total{caller="user:a",endpoint="GET /a",status="200"} 2',
    'onebalance_proxy_requests_total{caller="user:a",endpoint="GET /a",status="429"} 1',
    'onebalance_proxy_requests_total{caller="user:b",endpoint="GET /a",status="200"} 1',
  ])
  expect(lines).toContain('onebalance_proxy_cache_hits_total 2')
  expect(lines).toContain('onebalance_proxy_upstream_auth_total 0')
})

test('every line is one of the text format, whatever a caller is called', () => {
  const usage = createUsage()
  for (const caller of ['a"b', 'a\\', 'a\nb 1', '"} 1\n# HELP', '\\"', '__proto__', 'ä🙂'])
    usage.record({ caller, endpoint: 'GET /a', status: 200 })
  const lines = usage.metrics().split('\n')
  expect(lines.pop()).toBe('')
  for (const line of lines)
    expect(line).toMatch(/^(?:# (?:HELP|TYPE) \w+ .+|\w+(?:\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)+\})? \d+)$/)
  expect(lines.filter((line) => line.startsWith('onebalance_proxy_requests_total'))).toHaveLength(7)
})

test('callers who come and go do not fill the memory', () => {
  const usage = createUsage()
  for (let at = 0; at < 5_000; at += 1) usage.record({ caller: `user:${at}`, endpoint: 'GET /a', status: 200 })
  const lines = usage
    .metrics()
    .split('\n')
    .filter((line) => line.startsWith('onebalance_proxy_requests_total'))
  expect(lines).toHaveLength(1_001)
  expect(lines).toContain('onebalance_proxy_requests_total{caller="other",endpoint="GET /a",status="200"} 4000')
})
