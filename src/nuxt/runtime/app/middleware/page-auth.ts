import type { RouteLocationNormalized } from 'vue-router'
import type { ConvexAppConfig } from '../../../module/page-target.ts'
import { useConvexAuth } from 'convue'
import { defineNuxtRouteMiddleware, navigateTo, useAppConfig, useNuxtApp } from 'nuxt/app'
import { pages } from '#build/convue/options.mjs'
import { redirectFor } from '../utils/page-auth.ts'
import { pathOfPage } from '../utils/page-path.ts'

/** Redirects from pages that are not for the current identity. */
export default defineNuxtRouteMiddleware((to) => {
  const target = redirectFromPage(to)
  return target === undefined ? undefined : navigateTo(target, { replace: true })
})

/** The path to which a visit of this page is redirected. */
export function redirectFromPage(to: RouteLocationNormalized): string | undefined {
  const { status } = useNuxtApp().vueApp.runWithContext(() => useConvexAuth())
  const functions = useAppConfig().convex as ConvexAppConfig | undefined
  const { path, fullPath, meta, query } = to
  const auth = (meta.auth as undefined) ?? pages.auth
  return redirectFor({ auth, path, fullPath, redirect: query.redirect }, status.value, {
    signInPath: () => pathOfPage(functions?.signInPath ?? pages.signInPath, to),
    homePath: () => pathOfPage(functions?.homePath ?? pages.homePath, to),
    pathOf: target => pathOfPage(target, to),
  })
}
