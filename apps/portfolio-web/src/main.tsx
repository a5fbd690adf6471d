import '@fontsource-variable/geist/wght.css'
import './styles/index.css'
import { render } from 'preact'
import { ErrorNotice } from './errors/error-notice.tsx'

const root = document.getElementById('app')
if (root) {
  // The client refuses to be made where it would not be safe, as on a page that came over plain HTTP from another machine.
  import('./app.tsx').then(
    ({ App }) => render(<App />, root),
    (error: unknown) => render(<ErrorNotice error={error} />, root),
  )
}
