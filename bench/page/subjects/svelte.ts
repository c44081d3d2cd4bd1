import { closeConvex } from 'convex-svelte'
import { flushSync, mount, unmount } from 'svelte'
import { serve } from '../bench.ts'
import App from '../svelte/App.svelte'

serve({
  open(target) {
    const app = flushSync(() => mount(App, { target }))
    return {
      show: view => flushSync(() => app.show(view)),
      settle: receive => flushSync(receive),
      close() {
        flushSync(() => void unmount(app))
        void closeConvex()
      },
    }
  },
})
