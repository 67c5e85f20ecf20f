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

/**
 * In the pages each of these packages is imported by one file. ESLint takes the last rule that fits a file, so each door
 * has a rule of its own, with all names but its own.
 *
 * @param {readonly { readonly file: string, readonly names: readonly string[] }[]} list
 */
const doors = (list) => {
  const restricted = (names) => ({
    'no-restricted-imports': [
      'error',
      { paths: ['vscode', ...names], patterns: names.map((name) => `${name}/*`) },
    ],
  });
  const namesBut = (door) => list.filter((each) => each !== door).flatMap(({ names }) => names);
  return [
    { files: ['webview/**/*.ts'], rules: restricted(namesBut(undefined)) },
    ...list.map((door) => ({ files: [door.file], rules: restricted(namesBut(door)) })),
  ];
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'test/fixtures/',
      '.cache/',
      'training/*',
      '!training/ngrams/',
      'media/',
      'test-results/',
    ],
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
  // Each of these libraries has one door, so that one file changes when it does: the toolkit is archived, and charts take
  // the theme's colours from one place.
  ...doors([
    { file: 'webview/controls.ts', names: ['@vscode/webview-ui-toolkit'] },
    { file: 'webview/diagnostics/charts.ts', names: ['echarts'] },
  ]),
  {
    files: ['vitest.config.ts', '**/*.config.{js,ts}'],
    rules: { 'import-x/no-default-export': 'off' },
  },
  {
    files: ['scripts/**', 'src/cli/**', 'bench/**', 'training/**', 'test/**'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: { globals: globals.node },
  },
);
