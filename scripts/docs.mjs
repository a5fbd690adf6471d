// Writes docs/endpoints.md from the endpoint values. `--check` fails instead when the page is not what it would write.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const root = join(import.meta.dirname, '..')
const { isEndpoint, isFlow, listEndpoints, oneBalance } = await import(
  pathToFileURL(join(root, 'packages/core/dist/index.js')).href
)
const RETRIES = {
  safe: 'safe: reads only, retried',
  idempotent: 'idempotent: computes only, retried',
  once: '**once**: moves value, never sent twice',
}

const places = new Map(listEndpoints(oneBalance).map(({ name, endpoint }) => [endpoint, name]))
const rows = [...places].map(([endpoint, name]) => [
  `\`${name}\``,
  `\`${endpoint.method} ${endpoint.path}\``,
  endpoint.summary ?? '',
  endpoint.retry === 'once' ? 'the signed quote' : listFields(endpoint.input),
  RETRIES[endpoint.retry],
])
const flows = []
walk(oneBalance.endpoints, '', (name, node) => {
  if (isFlow(node) && !rows.some(([place]) => place === `\`${name}\``)) {
    flows.push([`\`${name}\``, node.endpoints.map((endpoint) => `\`${endpoint.method} ${endpoint.path}\``).join(', ')])
  }
})

const page = `# Endpoints

Made from the endpoint values by \`npm run docs\`; do not edit. Every method is \`(input, options)\` on the client. A field with a \`?\` may be left out.

${table(['Method', 'Request', 'What it does', 'Input', 'Retry class'], rows)}

Methods that make several requests:

${table(['Method', 'Requests'], flows)}
`
const path = join(root, 'docs/endpoints.md')
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== page) {
    console.error('docs/endpoints.md is not what the endpoints say. Run: npm run docs')
    process.exit(1)
  }
} else {
  writeFileSync(path, page)
}

function walk(tree, prefix, visit) {
  for (const [key, node] of Object.entries(tree)) {
    visit(prefix + key, node)
    if (!isEndpoint(node) && !isFlow(node)) walk(node, `${prefix}${key}.`, visit)
  }
}

/** The names of an object schema's fields; of each member where there are several. */
function listFields(schema) {
  if (!schema) return 'none'
  if (schema.options) return schema.options.map(listFields).join(' *or* ')
  const { entries } = schema
  if (!entries) return ''
  return Object.entries(entries)
    .map(([name, field]) => `\`${name}${/^(optional|nullish|exact_optional)$/.test(field.type) ? '?' : ''}\``)
    .join(', ')
}

function table(head, lines) {
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}
