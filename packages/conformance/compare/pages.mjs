// What the comparison found, as docs/comparison.md and as the table in README.md.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cases, GROUPS } from './cases/index.mjs'

const root = join(import.meta.dirname, '../../..')
const MARKS = ['<!-- made by npm run compare -->', '<!-- end -->']
const SIGNS = { passed: '✓', failed: '✗', none: '–' }

/** The groups that the README shows, each of one or more of the page's. */
const README_GROUPS = [
  ['Key goes to the API alone', ['key', 'https', 'redirect']],
  ['Executes once', ['execute']],
  ['Retries', ['retry']],
  ['Ends', ['time', 'abort']],
  ['Answers', ['answer', 'size']],
  ['Leaks no key', ['leak']],
  ['Leaves nothing behind', ['leftover']],
]

/**
 * Writes both from one column for each client: `{ client, results }`, results by the id of the case.
 *
 * @throws when the README has lost its marks
 */
export async function writePages(columns) {
  const named = await Promise.all(columns.map(async (column) => ({ ...column, ...(await describe(column.client)) })))
  await writeFile(join(root, 'docs/comparison.md'), pageOf(named))
  const path = join(root, 'README.md')
  const readme = await readFile(path, 'utf8')
  const [start, end] = MARKS.map((mark) => readme.indexOf(mark))
  if (start < 0 || end < start) throw new Error(`README.md has no ${MARKS.join(' … ')}`)
  await writeFile(path, `${readme.slice(0, start + MARKS[0].length)}\n\n${summaryOf(named)}\n\n${readme.slice(end)}`)
}

function summaryOf(columns) {
  return table(
    ['', 'Cases passed', ...README_GROUPS.map(([title]) => title)],
    columns.map((column) => [
      `${column.client.name}${column.client.package ? ` ${column.version}` : ''}`,
      `**${score(column)}**`,
      ...README_GROUPS.map(([, groups]) => score(column, groups)),
    ]),
  )
}

function pageOf(columns) {
  const names = columns.map(({ client }) => client.name)
  return `# Compared with other clients

Made by \`npm run compare\` on Node.js ${process.versions.node}; do not edit.

${cases.length} cases, run unchanged on each client through two functions, \`get\` and \`post\`, against the same servers over TLS: fault servers that count what arrives, and \`@ob/sandbox\`. The cases are this project's own. They ask what an API with a secret in a header, and with calls that move value, needs of a client, which is what this client was built for and most of the others were not.

- Each client is set up as its own documentation says for a key header and JSON. Where the documentation gives an option for a hazard, it is used (see below). Time limits are 5 s, size limits 1 MB, unless a case says otherwise.
- Retries and what is retried are each client's defaults, except that a POST that executes is sent with the client's own switch against retries where it has one. P3 is the same POST without it.
- A case that asks about something a client does not have (retries, an AbortSignal) does not apply to it. A missing limit is a failure: a client without a size limit does read an endless answer.
- A number says as much about how many cases a subject has as about a client. Read the groups.

${table(
  ['', 'Version', 'Cases passed', 'Do not apply'],
  columns.map((column) => [
    column.client.name,
    column.version + (column.wants ? ` (asks for Node.js ${column.wants})` : ''),
    `**${score(column)}**`,
    String(count(column, 'none')),
  ]),
)}

## By group

${table(
  ['', ...names],
  GROUPS.map(([group, title]) => [title, ...columns.map((column) => score(column, [group]))]),
)}

## How each is set up

${table(
  ['', 'Options'],
  columns.map(({ client }) => [client.name, client.setup]),
)}

What to know beside the numbers:

- fetch, ofetch, ky, openai and @octokit/request pass every redirect case when they hand \`redirect: 'manual'\` to \`fetch\`. Their documentations do not ask for it where a key header is set.
- P1-421 is \`fetch\` itself: Node.js sends a request again after a 421 unless its body is a stream.
- axios masks the key in \`error.toJSON()\` (\`redact\`), not in what \`console.log(error)\` prints.
- stripe sends an \`Idempotency-Key\`, with which its own API makes the second delivery harmless. Another API has to know that header.
- Plain \`http:\` to this machine is refused by this client unless it is permitted by name (\`allowInsecureLoopback\`).

## Every case

✓ passed, ✗ failed, – does not apply.

${GROUPS.map(([group, title]) => {
  const rows = cases.filter((one) => one.group === group)
  return `### ${title}\n\n${table(
    ['Case', 'What must hold', ...names],
    rows.map((one) => [one.id, one.title, ...columns.map(({ results }) => SIGNS[results.get(one.id).status])]),
  )}`
}).join('\n\n')}
`
}

/** `passed / applicable` of some groups, or of all. */
function score(column, groups) {
  const [passed, failed] = [count(column, 'passed', groups), count(column, 'failed', groups)]
  return passed + failed === 0 ? '–' : `${passed} / ${passed + failed}`
}

function count({ results }, status, groups) {
  return cases.filter(({ id, group }) => (groups?.includes(group) ?? true) && results.get(id).status === status).length
}

/** The client's version, and the Node.js that it asks for where that is not this one. */
async function describe({ name, package: id }) {
  if (id === undefined) return { version: name === 'fetch' ? `Node.js ${process.versions.node}` : 'this repository' }
  const { version, engines } = JSON.parse(
    await readFile(join(import.meta.dirname, '../node_modules', id, 'package.json'), 'utf8'),
  )
  const least = Number(/\d+/.exec(engines?.node ?? '')?.[0] ?? 0)
  return { version, ...(least > Number.parseInt(process.versions.node, 10) && { wants: engines.node }) }
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
