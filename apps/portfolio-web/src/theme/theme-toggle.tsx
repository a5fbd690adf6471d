import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Icon } from '../icons.tsx'
import { chooseTheme, readTheme, type Theme } from './theme.ts'

const CHOICES: readonly { readonly theme: Theme; readonly icon: 'system' | 'sun' | 'moon'; readonly label: string }[] =
  [
    { theme: 'system', icon: 'system', label: 'As the system' },
    { theme: 'light', icon: 'sun', label: 'Light' },
    { theme: 'dark', icon: 'moon', label: 'Dark' },
  ]

/** Chooses between light, dark and the system's own. */
export function ThemeToggle(): JSX.Element {
  const [chosen, setChosen] = useState(readTheme)
  return (
    <fieldset class="theme">
      <legend class="only-heard">Colours</legend>
      {CHOICES.map(({ theme, icon, label }) => (
        <label key={theme} title={label}>
          <input
            type="radio"
            name="theme"
            value={theme}
            checked={chosen === theme}
            onChange={() => {
              chooseTheme(theme)
              setChosen(theme)
            }}
          />
          <Icon name={icon} />
          <span class="only-heard">{label}</span>
        </label>
      ))}
    </fieldset>
  )
}
