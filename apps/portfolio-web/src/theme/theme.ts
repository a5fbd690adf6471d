/** Which colours the page has: the system's, or those that were chosen. */
export type Theme = 'system' | 'light' | 'dark'

const KEY = 'theme'

/** The theme that was chosen last. `public/theme.js` applies it before the first paint. */
export function readTheme(): Theme {
  const { theme } = document.documentElement.dataset
  return theme === 'light' || theme === 'dark' ? theme : 'system'
}

/** Applies a theme and remembers it, where storage is allowed. */
export function chooseTheme(theme: Theme): void {
  const { dataset } = document.documentElement
  if (theme === 'system') delete dataset['theme']
  else dataset['theme'] = theme
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // It holds until the page is left.
  }
}
