import type { JSX } from 'preact'
import { showShare } from '../format.ts'

/** A part of the whole. */
export interface Slice {
  readonly id: string
  readonly label: string
  /** Share of the whole, 0 to 1. */
  readonly share: number
  /** Which of the chart's colours. */
  readonly color: number
}

/** So that the circle's length is 100, and a share in percent is a length. */
const RADIUS = 100 / (2 * Math.PI)
const GAP = 0.7

/** A ring of how the value is spread. The list beside it says the same in text. */
export function AllocationChart(props: {
  readonly slices: readonly Slice[]
  /** The slice to point out. */
  readonly active: string | undefined
  /** What stands in the middle while no slice is pointed out. */
  readonly caption: string
  readonly onPoint: (id: string | undefined) => void
}): JSX.Element {
  const { slices, active, caption, onPoint } = props
  const pointed = slices.find(({ id }) => id === active)
  let start = 0
  return (
    <svg class="ring" viewBox="0 0 42 42" role="img" aria-label={describe(slices)}>
      {slices.map(({ id, share, color }) => {
        const length = share * 100
        const offset = -start
        start += length
        return (
          // biome-ignore lint/a11y/noStaticElementInteractions: pointing shows what the list says anyway
          <circle
            key={id}
            class="slice"
            data-color={color}
            data-dim={active !== undefined && active !== id}
            cx="21"
            cy="21"
            r={RADIUS}
            stroke-dasharray={`${Math.max(0.2, length - (slices.length > 1 ? GAP : 0))} 100`}
            stroke-dashoffset={offset}
            onMouseEnter={() => onPoint(id)}
            onMouseLeave={() => onPoint(undefined)}
          />
        )
      })}
      <text class="ring-value" x="21" y="21.4">
        {pointed ? showShare(pointed.share) : slices.length}
      </text>
      <text class="ring-label" x="21" y="25.6">
        {pointed ? pointed.label : caption}
      </text>
    </svg>
  )
}

function describe(slices: readonly Slice[]): string {
  return `How the value is spread: ${slices.map(({ label, share }) => `${label} ${showShare(share)}`).join(', ')}`
}
