import type { Ref } from 'vue'
import { onMounted, ref } from 'vue'

const themes = ['auto', 'light', 'dark'] as const

export type Theme = typeof themes[number]

/** Where `index.html` looks for the theme before the first paint. */
const STORAGE_KEY = 'playground:theme'

/** The theme that was chosen here; `auto` follows the system. `next` goes on to the one after it. */
export function useTheme(): { theme: Readonly<Ref<Theme>>, next: () => void } {
  const theme = ref<Theme>('auto')
  // A server does not know it.
  onMounted(() => theme.value = themes.find(name => name === document.documentElement.dataset.theme) ?? 'auto')

  function next(): void {
    theme.value = themes[(themes.indexOf(theme.value) + 1) % themes.length]!
    document.documentElement.dataset.theme = theme.value
    localStorage.setItem(STORAGE_KEY, theme.value)
  }

  return { theme, next }
}
