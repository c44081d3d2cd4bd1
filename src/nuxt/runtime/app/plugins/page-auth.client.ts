/** Applies the rule of the current page when the identity becomes known or changes. */
import { useConvexAuth } from 'convue'
import { defineNuxtPlugin, navigateTo, useRouter } from 'nuxt/app'
import { watch } from 'vue'
import { redirectFromPage } from '../middleware/page-auth.ts'

export default defineNuxtPlugin({
  name: 'convue:page-auth',
  dependsOn: ['convue'],
  setup(nuxtApp) {
    const { status } = nuxtApp.vueApp.runWithContext(() => useConvexAuth())
    const router = useRouter()
    nuxtApp.hook('app:mounted', () => {
      watch(status, () => nuxtApp.runWithContext(async () => {
        const target = redirectFromPage(router.currentRoute.value)
        if (target !== undefined)
          await navigateTo(target, { replace: true })
      }), { immediate: true })
    })
  },
})
