import process from 'node:process'
import { buildConfig, convexOptions } from '../build-config'

/** An app in two languages that uses the auth client and the functions of its layer. */
export default defineNuxtConfig({
  ...buildConfig,
  extends: ['./base'],
  modules: ['@nuxtjs/i18n', ...buildConfig.modules],
  convex: convexOptions,
  i18n: {
    strategy: process.env.FIXTURE_STRATEGY as 'prefix' | 'prefix_except_default',
    defaultLocale: 'en',
    locales: [{ code: 'en', language: 'en' }, { code: 'fr', language: 'fr' }, { code: 'fr-CA', language: 'fr-CA' }],
    detectBrowserLanguage: false,
    customRoutes: 'config',
    pages: { help: { 'en': '/help', 'fr': '/aide', 'fr-CA': '/aide' } },
  },
})
