/** The address of the pages about errors, which `npm run docs:errors` copies from package.json. */
export const ERROR_PAGES = 'https://convue.example/errors/'
