import type { Ref } from 'vue'
import { ref, watchEffect } from 'vue'

const themes = ['auto', 'light', 'dark'] as const

export type Theme = typeof themes[number]

/** Where `index.html` looks for the theme before the first paint. */
const STORAGE_KEY = 'playground:theme'

/** The theme that was chosen here; `auto` follows the system. `next` goes on to the one after it. */
export function useTheme(): { theme: Readonly<Ref<Theme>>, next: () => void } {
  const root = document.documentElement
  const theme = ref(themes.find(name => name === root.dataset.theme) ?? 'auto')

  watchEffect(() => {
    root.dataset.theme = theme.value
  })

  function next(): void {
    theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!
    localStorage.setItem(STORAGE_KEY, theme.value)
  }

  return { theme, next }
}
