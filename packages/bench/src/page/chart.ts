/** One bar. */
export interface Bar {
  readonly label: string
  readonly value: number
  /** First and third quartile. */
  readonly spread?: readonly [number, number] | undefined
  readonly kind: 'ours' | 'peer' | 'floor'
}

const WIDTH = 720
const LEFT = 150
const RIGHT = 90
const TOP = 44
const ROW = 24

/**
 * A bar chart as SVG, readable on light and dark ground. `line` is drawn through all bars, such as the value of `fetch`. A bar that is
 * longer than `max` is cut, and its number tells.
 */
export function barChart(options: {
  readonly title: string
  readonly bars: readonly Bar[]
  readonly digits: number
  readonly line?: { readonly value: number; readonly label: string } | undefined
  readonly max?: number | undefined
}): string {
  const { title, bars, digits, line } = options
  const max = options.max ?? Math.max(...bars.map(({ value }) => value), line?.value ?? 0)
  const toX = (value: number): string => (LEFT + (Math.min(value, max) / max) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const height = TOP + bars.length * ROW + 12
  const rows = bars.map(({ label, value, spread, kind }, index) => {
    const y = TOP + index * ROW
    const middle = y + ROW / 2
    const whisker = spread ? `<path class="w" d="M${toX(spread[0])} ${middle}H${toX(spread[1])}"/>` : ''
    return [
      `<text class="t" x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escapeXml(label)}</text>`,
      `<rect class="${kind}" x="${LEFT}" y="${y + 4}" width="${(Number(toX(value)) - LEFT).toFixed(1)}" height="${ROW - 8}" rx="2"/>`,
      whisker,
      `<text class="t" x="${Number(toX(Math.max(value, spread?.[1] ?? 0))) + 6}" y="${middle + 4}">${value.toFixed(digits)}${value > max ? ' →' : ''}</text>`,
    ].join('')
  })
  const rule = line
    ? `<path class="l" d="M${toX(line.value)} ${TOP - 4}V${height - 8}"/><text class="s" x="${toX(line.value)}" y="${TOP - 8}" text-anchor="middle">${escapeXml(line.label)}</text>`
    : ''
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<style>text{font:13px system-ui,sans-serif;fill:#24292f}.h{font-weight:600}.s{font-size:11px;fill:#57606a}.ours{fill:#0969da}.peer{fill:#8c959f}.floor{fill:#bf8700}.w{stroke:#24292f;stroke-width:1.5;opacity:.6}.l{stroke:#cf222e;stroke-dasharray:4 3}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.s{fill:#9198a1}.ours{fill:#4493f8}.peer{fill:#6e7681}.floor{fill:#d29922}.w{stroke:#e6edf3}.l{stroke:#f85149}}</style>
<text class="h" x="0" y="16">${escapeXml(title)}</text>
${rule}
${rows.join('\n')}
</svg>
`
}

function escapeXml(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;')
}
