import js from '@eslint/js';
import boundaries from 'eslint-plugin-boundaries';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/**
 * The rooms of the house and the arrows between them (docs/architecture.md). A room may import itself and
 * the rooms listed here, nothing else.
 */
const arrows = {
  protocol: [],
  models: ['protocol'],
  reasoning: ['protocol'],
  refactor: ['protocol', 'reasoning'],
  native: [],
  engine: ['models', 'reasoning', 'protocol', 'native'],
  engineClient: ['protocol'],
  extension: ['protocol', 'reasoning', 'refactor', 'models', 'engineClient'],
  cli: ['engineClient', 'protocol', 'reasoning', 'refactor'],
  webview: ['protocol', 'reasoning'],
};

const rooms = Object.keys(arrows);
const folderOf = (room) => (room === 'native' || room === 'webview' ? `${room}/**` : `src/${room}/**`);

export default tseslint.config(
  {
    ignores: ['dist/', 'node_modules/', 'test/fixtures/', '.cache/', 'training/', 'media/', 'test-results/'],
  },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts'],
    plugins: { boundaries, 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createTypeScriptImportResolver({ project: 'tsconfig.json' })],
      'import/resolver': { typescript: { project: 'tsconfig.json' } },
      'boundaries/include': ['src/**', 'native/**', 'webview/**'],
      'boundaries/elements': rooms.map((room) => ({
        type: room,
        pattern: folderOf(room),
        partialMatch: false,
      })),
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            { allow: { to: { module: { origin: ['external', 'core'] } } } },
            ...rooms.map((room) => ({
              from: { element: { type: room } },
              allow: { to: { element: { types: { anyOf: [room, ...arrows[room]] } } } },
            })),
          ],
        },
      ],
      'import-x/no-cycle': 'error',
      'import-x/no-default-export': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-console': 'error',
    },
  },
  {
    // `vscode` exists only inside the extension host.
    files: ['src/**/*.ts', 'native/**/*.ts', 'webview/**/*.ts'],
    ignores: ['src/extension/**'],
    rules: { 'no-restricted-imports': ['error', { paths: ['vscode'] }] },
  },
  {
    // The toolkit is archived: one file imports it, so that one file changes when it goes.
    files: ['webview/**/*.ts'],
    ignores: ['webview/controls.ts'],
    rules: { 'no-restricted-imports': ['error', { paths: ['vscode', '@vscode/webview-ui-toolkit'] }] },
  },
  {
    files: ['vitest.config.ts', '**/*.config.{js,ts}'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  {
    files: ['scripts/**', 'src/cli/**', 'bench/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
  },
);
