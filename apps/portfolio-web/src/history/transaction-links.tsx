import type { Execution } from '@ob/browser'
import type { JSX } from 'preact'
import { chainName } from '../chains.ts'
import { shorten } from '../format.ts'
import { Icon } from '../icons.tsx'
import { safeLink } from './safe-link.ts'

/** The transactions on the chains, as links where the API gives a page for them. */
export function TransactionLinks({ transaction }: { readonly transaction: Execution }): JSX.Element | null {
  const operations = [
    ...(transaction.originChainOperations ?? []),
    ...(transaction.destinationChainOperations ?? []),
  ].filter((operation) => operation.hash)
  if (operations.length === 0) return null
  return (
    <ul class="hashes">
      {operations.map(({ hash, chain, explorerUrl }) => {
        const href = safeLink(explorerUrl)
        const where = typeof chain === 'string' ? chainName(chain) : ''
        return (
          <li key={`${hash} ${where}`}>
            <span class="quiet">{where}</span>{' '}
            {href ? (
              <a href={href} target="_blank" rel="noreferrer">
                {shorten(hash ?? '')}
                <Icon name="link" />
                <span class="only-heard"> (opens a new tab)</span>
              </a>
            ) : (
              <code>{shorten(hash ?? '')}</code>
            )}
          </li>
        )
      })}
    </ul>
  )
}
