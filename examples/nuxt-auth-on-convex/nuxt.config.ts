export default defineNuxtConfig({
  modules: ['convue/nuxt'],
  convex: { homePath: '/tasks' },
  css: ['~/assets/main.css'],
  app: { head: { htmlAttrs: { lang: 'en' }, title: 'Tasks', link: [{ rel: 'icon', href: 'data:,' }] } },
  compatibilityDate: '2026-11-01',
  devtools: { enabled: false },
})
