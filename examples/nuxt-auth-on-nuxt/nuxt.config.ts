export default defineNuxtConfig({
  modules: ['convue/nuxt'],
  convex: { auth: 'local' },
  css: ['~/assets/main.css'],
  app: { head: { htmlAttrs: { lang: 'en' }, title: 'Tasks', link: [{ rel: 'icon', href: 'data:,' }] } },
  compatibilityDate: '2026-11-01',
  devtools: { enabled: false },
})
