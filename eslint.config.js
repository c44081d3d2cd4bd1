import antfu from '@antfu/eslint-config'

export default antfu({
  type: 'app',
  vue: true,
  typescript: true,
  ignores: ['**/_generated/**', 'dist', '**/*.md', 'test/cli/apps'],
}, {
  rules: {
    // Short conditionals and literals read best on one line.
    'antfu/reasonable-newline': 'off',
    'antfu/consistent-list-newline': 'off',
    'style/multiline-ternary': 'off',
    // Bundlers replace `process.env.NODE_ENV`; an import of `node:process` would fail in a browser.
    'node/prefer-global/process': 'off',
    // A test is named after an API, and `QueryEntry` or `GET` cannot be written in lower case.
    'test/prefer-lowercase-title': 'off',
  },
}, {
  // These files are programs: they write to the console, and await at the top level.
  files: ['bench/**', 'docs/site/*.ts', 'release/*.ts', 'playground/*.ts', 'test/support/codegen.ts', 'test/package/**/*.ts', 'test/lines/**/*.ts', 'test/cli/check-init.ts', 'create-convue/*.js', 'examples/*.ts', 'examples/*/scripts/*.ts'],
  rules: {
    'no-console': 'off',
    'antfu/no-top-level-await': 'off',
  },
}, {
  // A check looks at what a page shows, and `textContent` contains hidden text too.
  files: ['examples/harness/*.ts'],
  rules: { 'unicorn/prefer-dom-node-text-content': 'off' },
}, {
  files: ['src/**/*.ts'],
  ignores: ['src/cli/templates/**'],
  rules: {
    'ts/explicit-function-return-type': ['error', { allowExpressions: true }],
  },
}, {
  // Only one file decides which values belong to the current identity.
  files: ['src/**/*.ts'],
  ignores: ['src/plugin/identity-scoped.ts', 'src/plugin/context.ts', 'src/plugin/create-convex.ts'],
  rules: {
    'no-restricted-syntax': ['error', 'TSEnumDeclaration[const=true]', 'TSExportAssignment', {
      selector: 'Identifier[name="identityVersion"]',
      message: 'Use the functions of src/plugin/identity-scoped.ts.',
    }],
  },
})
