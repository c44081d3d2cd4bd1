/** Redirects from pages whose rule does not allow the current identity. */
import type { RouteLocationNormalized } from 'vue-router'
import type { PageAuth } from '../../../module/options.ts'
import type { ConvexAppConfig } from '../../../module/page-target.ts'
import { useConvexAuth } from 'convue'
import { defineNuxtRouteMiddleware, navigateTo, useAppConfig, useNuxtApp, useRouter } from 'nuxt/app'
import { pages } from '#build/convue/options.mjs'
import { redirectFor } from '../utils/page-auth.ts'
import { pathOfPage } from '../utils/page-path.ts'
import { warnOfMissingSignIn } from '../utils/sign-in-warning.ts'

export default defineNuxtRouteMiddleware((to) => {
  const target = redirectFromPage(to)
  if (target !== undefined)
    return navigateTo(target, { replace: true })
})

/**
 * The path to which a visit of this page must be redirected; `undefined` if the page may be shown.
 */
export function redirectFromPage(to: RouteLocationNormalized): string | undefined {
  const { status } = useNuxtApp().vueApp.runWithContext(() => useConvexAuth())
  const config = useAppConfig().convex as ConvexAppConfig | undefined
  const { path, fullPath, meta, query } = to
  const auth: PageAuth<any> = (meta.auth as undefined) ?? pages.auth
  // A page without a rule does not depend on the user, so the status must not be read for it.
  if (!auth)
    return undefined
  const target = redirectFor({ auth, path, fullPath, redirect: query.redirect }, status.value, {
    signInPath: () => pathOfPage(config?.signInPath ?? pages.signInPath, to),
    homePath: () => pathOfPage(config?.homePath ?? pages.homePath, to),
    pathOf: target => pathOfPage(target, to),
  })
  if (import.meta.dev && auth === 'required' && target !== undefined) {
    const router = useRouter()
    warnOfMissingSignIn(path, target, () => router.resolve(target).matched.length === 0)
  }
  return target
}
