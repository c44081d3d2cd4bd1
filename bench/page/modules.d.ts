// The benchmark uses only a few functions of React and Svelte, without their types. With the types of
// React, `<ConvexBetterAuthProvider>` would not accept an auth client that has only `convexClient()`.
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
