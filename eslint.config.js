import js from '@eslint/js'
import svelte from 'eslint-plugin-svelte'
import globals from 'globals'
import ts from 'typescript-eslint'

/** Sizes that a file and a function may not pass (docs/ARCHITECTURE.md, "Sizes"). Aim at half. */
const sizes = {
  'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: false, skipComments: true }],
}

/** The two contract files: the only sources that may be imported across folders. */
const contracts = ['#signalling/protocol.ts', '#electron/ipc.ts']

/**
 * Builds the rule that keeps one folder's imports inside its border.
 * `patterns` are gitignore-like globs of forbidden modules; `!` re-allows.
 */
const border = (message, patterns, paths = []) => ({
  'no-restricted-imports': ['error', { paths, patterns: [{ group: patterns, message }] }],
})

const electronOnly = [
  {
    name: 'electron',
    importNames: ['ipcMain'],
    message: 'Only electron/ipc-main.ts talks to ipcMain: declare the request in electron/ipc.ts.',
  },
  {
    name: 'electron',
    importNames: ['ipcRenderer', 'contextBridge'],
    message: 'Only electron/preload.ts talks to ipcRenderer.',
  },
]

const outsideRenderer = ['electron', 'electron/*', 'node:*', '#electron/*', '#signalling/*', '#tests/*', '#build/*']
const allowed = contracts.map((path) => `!${path}`)

export default ts.config(
  { ignores: ['dist/', 'release/', 'node_modules/', 'data/', 'test-results/', 'playwright-report/'] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  ...svelte.configs.recommended,
  {
    languageOptions: {
      globals: { ...globals.node },
      parserOptions: { projectService: true, extraFileExtensions: ['.svelte'] },
    },
    rules: {
      ...sizes,
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  { files: ['**/*.{js,mjs,cjs}'], ...ts.configs.disableTypeChecked },
  {
    // Clients that people copy into a page or a program of their own.
    files: ['docs/integration/**/*'],
    languageOptions: { globals: { ...globals.browser } },
    rules: { 'no-console': 'off', 'max-lines-per-function': 'off' },
  },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: { 'svelte/no-at-html-tags': 'error', 'svelte/button-has-type': 'error' },
  },
  {
    files: ['renderer/**/*.{ts,svelte}'],
    languageOptions: { globals: { ...globals.browser } },
    rules: border('The page knows the two contracts and nothing else of the other folders.', [
      ...outsideRenderer,
      ...allowed,
      '**/*/../electron/*',
      '**/../signalling/*',
    ]),
  },
  {
    files: ['renderer/call/**/*.ts'],
    rules: border('renderer/call/ knows no framework and no other folder but the contracts.', [
      ...outsideRenderer,
      ...allowed,
      'svelte',
      'svelte/*',
      '#renderer/ui/*',
      '#renderer/state/*',
      '../ui/*',
      '../state/*',
      '*.svelte',
    ]),
  },
  {
    files: ['signalling/**/*.ts'],
    rules: border('The server imports nothing of the other folders.', [
      'electron',
      'svelte',
      '#electron/*',
      '#renderer/*',
      '#tests/*',
      '#build/*',
      '**/../electron/*',
      '**/../renderer/*',
    ]),
  },
  {
    files: ['signalling/domain/**/*.ts'],
    rules: border('The domain is pure: no sockets, no files, no clock of its own.', [
      'electron',
      'socket.io*',
      'node:*',
      '!node:crypto',
      '#electron/*',
      '#renderer/*',
      '#signalling/transports/*',
      '#signalling/http/*',
      '../transports/*',
      '../http/*',
    ]),
  },
  {
    files: ['electron/**/*.ts'],
    rules: {
      'no-restricted-globals': ['error', 'window', 'document'],
      ...border(
        'The main process may import signalling/server.ts and its contract, and nothing of the page.',
        [
          '#renderer/*',
          '**/../renderer/*',
          '#signalling/*',
          '!#signalling/server.ts',
          '!#signalling/protocol.ts',
          '#tests/*',
        ],
        electronOnly,
      ),
    },
  },
  { files: ['electron/ipc.ts'], rules: border('A contract imports nothing.', ['*']) },
  {
    files: ['electron/ipc-main.ts'],
    rules: border('Only the contract.', ['#renderer/*', '#signalling/*'], [electronOnly[1]]),
  },
  {
    files: ['electron/preload.ts'],
    languageOptions: { globals: { ...globals.browser } },
    rules: border('Only the contract.', ['#renderer/*', '#signalling/*', 'node:*'], [electronOnly[0]]),
  },
  { files: ['build/**', 'tests/**', 'signalling/{main,run}.ts', '*.config.{js,ts}'], rules: { 'no-console': 'off' } },
  {
    files: ['tests/**/*.ts'],
    languageOptions: { globals: { ...globals.browser } },
    rules: {
      'max-lines-per-function': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
    },
  },
)
