// React's types and the tools for Svelte's types are not installed, because the benchmark uses only
// a few functions of both.
declare module 'react' {
  export const createElement: any
  export const memo: any
  export const useState: any
}

declare module 'react-dom' {
  export const flushSync: (run: () => void) => void
}

declare module 'react-dom/client' {
  export const createRoot: any
}

declare module '*.svelte' {
  const component: any
  export default component
}
