/** Writes the home page of the site. Its example is the first one of the README, which the tests run. */

interface Feature { title: string, details: string, link: string }

const FEATURES: Feature[] = [
  {
    title: 'Live',
    details: 'The result of a query is a ref that the deployment keeps up to date. The arguments are reactive, and undefined arguments pause the query.',
    link: '/reference/queries',
  },
  {
    title: 'Signed in within one round trip',
    details: 'Convue requests the token while the socket opens. A page load never shows the signed-out page first.',
    link: '/reference/auth',
  },
  {
    title: 'Safe by construction',
    details: 'A connection carries one identity from its first message to its last. After a sign-out, the data of the user is gone in the same tick.',
    link: '/security',
  },
  {
    title: 'Rendered by Nuxt as the user',
    details: 'The server renders a page as the user who requested it. In the browser, the same queries become live without another request.',
    link: '/guides/nuxt',
  },
  {
    title: 'Without an account',
    details: 'Your real functions and the real Better Auth run on your machine, in development and inside of your tests.',
    link: '/guides/development-without-an-account',
  },
  {
    title: 'Every statement has a test',
    details: 'The tests execute the examples of this documentation, and name a reason for each one that they do not execute. The security promises have a table with the tests that prove them.',
    link: '/contributing/',
  },
]

/** The home page, with two fenced blocks of the README: the commands, and a component. The film shows the playground. */
export function writeHome(readme: string, film: string): string {
  const [commands, component] = [...readme.matchAll(/^```(?:sh|vue).*\n[\s\S]*?^```$/gm)].map(([block]) => block.replace(/^(```(?:sh|vue)) .*$/m, '$1'))
  const pitch = /^Live, authenticated .*$/m.exec(readme)?.[0]
  if (!commands || !component || !pitch)
    throw new Error('README.md does not begin with the pitch, the commands and a component.')
  return `---
layout: HomePage
sidebar: false
title: Convue
titleTemplate: Live, authenticated Convex queries for Vue and Nuxt
hero:
  name: Convue
  text: Live data that knows who is asking
  tagline: ${JSON.stringify(pitch.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1'))}
  actions:
    - { theme: brand, text: Get started with Vue, link: /guides/getting-started-vue }
    - { theme: alt, text: Get started with Nuxt, link: /guides/getting-started-nuxt }
    - { theme: alt, text: All pages, link: /documentation }
features:
${FEATURES.map(({ title, details, link }) => `  - ${JSON.stringify({ title, details, link })}`).join('\n')}
---

<div class="home-part">

## A live page in two commands

${commands}

## A query is a ref

${component}

The list is live, and contains only the tasks of the signed-in user.

## The playground

${film}

[One page for each idea](/guides/playground-pages), with the code behind it. It runs on an embedded deployment, so you need no account: clone the repository, then run

\`\`\`sh
npm ci
npm run dev        # the playground with Vite
npm run dev:nuxt   # the same functions in a Nuxt app
\`\`\`

</div>
`
}
