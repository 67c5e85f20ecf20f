/** Kernels are bundled as text (scripts/build.mjs, vitest.config.ts). */
declare module '*.wgsl' {
  const source: string;
  // eslint-disable-next-line import-x/no-default-export -- what the bundler's text loader makes
  export default source;
}
