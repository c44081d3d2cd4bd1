/** Everything that the module's runtime imports from Nitro and h3. No other file imports them. */
export { createError, defineEventHandler, getRequestHeader, getRequestURL, getRequestWebStream } from 'h3'
export type { EventHandler, H3Event } from 'h3'
export { defineNitroPlugin, getRouteRules, useNitroApp, useRuntimeConfig } from 'nitropack/runtime'
