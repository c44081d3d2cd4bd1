// Neither React's types nor a compiler for Svelte's are there: what the benchmark calls of them is little.
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
