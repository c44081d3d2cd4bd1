export default defineNuxtConfig({
  convex: { functions: '../../../support/convex' },
} as object)
