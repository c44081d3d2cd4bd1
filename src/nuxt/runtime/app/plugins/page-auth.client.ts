/** Applies the rule of the current page when the identity becomes known or changes. */
import { defineNuxtPlugin, navigateTo, useRouter } from 'nuxt/app'
import { watch } from 'vue'
import { redirectFromPage } from '../middleware/page-auth.ts'

export default defineNuxtPlugin({
  name: 'convue:page-auth',
  dependsOn: ['convue'],
  setup(nuxtApp) {
    const router = useRouter()
    const findTarget = (): string | undefined =>
      nuxtApp.runWithContext(() => redirectFromPage(router.currentRoute.value)) as string | undefined
    nuxtApp.hook('app:mounted', () => {
      watch(findTarget, async (target) => {
        if (target !== undefined)
          await nuxtApp.runWithContext(() => navigateTo(target, { replace: true }))
      }, { immediate: true })
    })
  },
})
