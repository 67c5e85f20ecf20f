import { defineConfig } from 'vitest/config';

const globalSetup = ['test/support/buildKernels.ts'];

/**
 * Five suites, cheapest first. `unit` needs nothing but this repository; `engine` runs a real engine process
 * on real models; `parity` compares with llama.cpp on the same files; `page` shows the pages in a browser;
 * `e2e` drives a real VS Code.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          globalSetup,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts'],
          globalSetup,
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'parity',
          include: ['test/parity/**/*.test.ts'],
          globalSetup,
          testTimeout: 900_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
      {
        test: {
          // Pages alone in a browser: each file has one of its own, so two run side by side.
          name: 'page',
          include: ['test/e2e/page/**/*.test.ts'],
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts'],
          // An editor shows what it is asked for when the machine has time for it.
          expect: { poll: { timeout: 30_000 } },
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
