import type { JSX } from 'preact'
import { EVM_ADDRESS } from './account.ts'
import { shorten } from './format.ts'
import { History } from './history/history.tsx'
import { useHistory } from './history/use-history.ts'
import { Holdings } from './holdings/holdings.tsx'
import { loadPortfolio } from './load-portfolio.ts'
import { SwapPanel } from './swap/swap-panel.tsx'
import { ThemeToggle } from './theme/theme-toggle.tsx'
import { useLoad } from './use-load.ts'

/** The whole page. */
export function App(): JSX.Element {
  const { reload, ...portfolio } = useLoad(loadPortfolio)
  const history = useHistory()
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="top">
        <h1>
          <img src="/icon.svg" alt="" width="28" height="28" />
          Portfolio
        </h1>
        <span class="account" title={EVM_ADDRESS}>
          <span class="only-heard">Account </span>
          {shorten(EVM_ADDRESS)}
        </span>
        <ThemeToggle />
      </header>
      <main id="content" tabIndex={-1}>
        <Holdings load={portfolio} onReload={reload} />
        <SwapPanel
          portfolio={portfolio.data}
          onProgress={(hasMoved) => {
            if (hasMoved) reload()
            history.reload()
          }}
        />
        <History history={history} assets={portfolio.data?.assets ?? []} />
      </main>
      <footer class="foot">
        <p>
          Nothing here is real: the assets are a sandbox’s, and a demo signer stands for your wallet. This page has no
          API key; its server has.
        </p>
      </footer>
    </>
  )
}
