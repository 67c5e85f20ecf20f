import { defineConfig } from 'vitest/config';

/** Kernels are imported as text, as in the bundles (scripts/build.mjs). */
const wgsl = {
  name: 'wgsl',
  transform: (code: string, file: string) =>
    file.endsWith('.wgsl') ? { code: `export default ${JSON.stringify(code)};`, map: null } : undefined,
};
const globalSetup = ['test/support/buildKernels.ts'];

/**
 * Six suites, cheapest first. `unit` needs nothing but this repository; `gpu` runs our kernels on lavapipe and SwiftShader;
 * `engine` runs a real engine process on real models; `parity` compares with llama.cpp on the same files; `page` shows the
 * pages in a browser; `e2e` drives a real VS Code.
 */
export default defineConfig({
  test: {
    projects: [
      {
        plugins: [wgsl],
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          globalSetup,
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
      {
        plugins: [wgsl],
        test: {
          name: 'gpu',
          include: ['test/gpu/**/*.test.ts'],
          globalSetup: [...globalSetup, 'test/gpu/support/useAdapters.ts'],
          // A kernel that no shader cache holds yet takes Mesa up to a second.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'engine',
          include: ['test/engine/**/*.test.ts'],
          globalSetup: [...globalSetup, 'test/support/buildPrograms.ts'],
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'parity',
          include: ['test/parity/**/*.test.ts'],
          globalSetup,
          testTimeout: 900_000,
          hookTimeout: 600_000,
        },
      },
      {
        test: {
          // Pages alone in a browser: each file has one of its own, so two run side by side.
          name: 'page',
          include: ['test/e2e/page/**/*.test.ts'],
          expect: { poll: { timeout: 60_000 } },
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/*.test.ts'],
          // An editor shows what it is asked for when the machine has time for it.
          expect: { poll: { timeout: 60_000 } },
          testTimeout: 300_000,
          hookTimeout: 300_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
