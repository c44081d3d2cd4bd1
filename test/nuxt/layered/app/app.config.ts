export default defineAppConfig({
  convex: import.meta.env.VITE_FIXTURE_FUNCTIONS
    ? { homePath: (visited: { path: string }) => ({ name: 'index', query: { from: visited.path } }) }
    : {},
})
