import type * as TreeSitter from '@vscode/tree-sitter-wasm';

export type TreeSitterModule = typeof TreeSitter;

/**
 * tree-sitter's JavaScript, run when it is first asked for. It is CommonJS whose exports Node cannot see from outside, so they are
 * those of the default export; a bundler gives them either way.
 */
export async function treeSitterModule(): Promise<TreeSitterModule> {
  const module: TreeSitterModule & { readonly default?: TreeSitterModule } =
    await import('@vscode/tree-sitter-wasm');
  return module.default ?? module;
}

/** Starts the WebAssembly runtime from its bytes. Once for each process. */
export async function startRuntime({ Parser }: TreeSitterModule, wasmBinary: Uint8Array): Promise<void> {
  // Emscripten takes the bytes under this name; the declaration names the one option that its authors need.
  const options: Parameters<typeof Parser.init>[0] & { readonly wasmBinary: Uint8Array } = {
    wasmBinary,
    locateFile: (file) => file,
  };
  await Parser.init(options);
}
