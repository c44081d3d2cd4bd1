import process from 'node:process'
import vue from '@vitejs/plugin-vue'
import { defineConfig, loadEnv } from 'vite'

export default defineConfig(({ mode }) => {
  // `npx convex dev` writes the addresses of a deployment into `.env.local`.
  const { VITE_CONVEX_SITE_URL } = loadEnv(mode, process.cwd())
  return {
    plugins: [vue()],
    server: {
      // Better Auth's cookies belong to the origin of the app.
      proxy: { '/api/auth': { target: VITE_CONVEX_SITE_URL, changeOrigin: true } },
    },
  }
})
