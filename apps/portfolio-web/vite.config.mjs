import process from 'node:process'
import { defineConfig } from 'vite'

export default defineConfig({
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  // Source maps are public on purpose: whoever opens the page may read how it works, and there is no secret in it.
  build: { sourcemap: true, target: 'es2022' },
  plugins: [serveApi()],
})

/** `npm run dev` answers the page's calls itself, through the same proxy. */
function serveApi() {
  return {
    name: 'portfolio-api',
    apply: 'serve',
    async configureServer({ middlewares }) {
      // Named so that Vite does not pull the server into its own bundle of this file, which a build needs without it.
      const load = (file) => import(new URL(file, import.meta.url).href)
      const { createApi, isForApi } = await load('./server.mjs')
      const { createSessions, giveSession } = await load('./session.mjs')
      const { readService } = await load('./service.mjs')
      const sessions = createSessions()
      const api = createApi(sessions, readService(process.env))
      middlewares.use((request, response, next) => {
        if (isForApi(request)) return api(request, response)
        giveSession(sessions, request, response)
        next()
      })
    },
  }
}
