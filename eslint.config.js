import antfu from '@antfu/eslint-config'

export default antfu({
  type: 'app',
  vue: true,
  typescript: true,
  ignores: ['**/_generated/**', 'dist', '**/*.md'],
}, {
  files: ['src/**/*.ts'],
  rules: {
    'ts/explicit-function-return-type': [
      'error',
      { allowExpressions: true },
    ],
  },
})
