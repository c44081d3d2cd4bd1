import type { RouteLocationNormalized } from 'vue-router'
import { useConvexAuth } from 'convue'
import { defineNuxtRouteMiddleware, navigateTo, useNuxtApp } from 'nuxt/app'
import { pages } from '#build/convue/options.mjs'
import { redirectFor } from './page-auth.ts'

/** Sends visitors away from pages that are not for them. */
export default defineNuxtRouteMiddleware((to) => {
  const target = redirectFromPage(to)
  return target === undefined ? undefined : navigateTo(target, { replace: true })
})

/** Where whoever is there has to go instead of a page. */
export function redirectFromPage(to: RouteLocationNormalized): string | undefined {
  const { status } = useNuxtApp().vueApp.runWithContext(() => useConvexAuth())
  const { path, fullPath, meta, query } = to
  return redirectFor({ auth: (meta.auth as undefined) ?? pages.auth, path, fullPath, redirect: query.redirect }, status.value, pages)
}
