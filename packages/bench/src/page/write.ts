import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { DOCS, type Results } from '../results.ts'
import { renderCharts } from './charts.ts'
import { renderResults } from './render.ts'

const BEGIN = '<!-- results: written by `npm run bench -- --write`, do not edit -->'
const END = '<!-- end of results -->'

/** Writes the results into `docs/performance.md` between its marks, and the charts beside it. */
export function writePage(results: Results): void {
  const path = `${DOCS}performance.md`
  writeFileSync(path, replaceResults(readFileSync(path, 'utf8'), results))
  mkdirSync(`${DOCS}performance`, { recursive: true })
  for (const [name, svg] of Object.entries(renderCharts(results))) writeFileSync(`${DOCS}performance/${name}`, svg)
}

/** The page with other results in it. */
export function replaceResults(page: string, results: Results): string {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error('docs/performance.md has lost the marks of its results')
  return `${page.slice(0, begin + BEGIN.length)}\n\n${renderResults(results)}\n\n${page.slice(end)}`
}
