import { execFile } from 'node:child_process';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as v from 'valibot';
import { type AdapterDescription, listAdapters } from '../native/webgpu/listAdapters.ts';

/** The GPU that is measured. */
export interface GpuDevice {
  readonly name: string;
  readonly isSoftware: boolean;
  /** With it a process finds no other, where that can be arranged: ONNX Runtime and llama.cpp cannot be told a name. */
  readonly env: Readonly<Record<string, string>>;
}

/** The argument with which this program lists adapters for itself. */
export const ADAPTERS_COMMAND = 'adapters';

/**
 * @param wanted its number in the list, beginning with 1, or a part of its name; absent: the first, and hardware stands before software
 * @throws Error with the list, where it is not on it
 */
export async function gpuDevice(wanted: string | undefined): Promise<GpuDevice> {
  const adapters = await listAdapters();
  if (adapters.length === 0)
    throw new Error(
      'WebGPU finds no GPU and no driver here. `eval "$(node scripts/gpu-adapter.mjs)"` gives a process one made of software.',
    );
  const found = findAdapter(adapters, wanted);
  if (found === undefined) {
    const list = adapters.map(({ name }, index) => `${String(index + 1)}. ${name}`).join('\n');
    throw new Error(`There is no GPU ${wanted ?? ''} here. There are:\n${list}`);
  }
  const { name, isSoftware } = found;
  return { name, isSoftware, env: await environmentWithOnly(name, isSoftware) };
}

export function findAdapter<Adapter extends Pick<AdapterDescription, 'name'>>(
  adapters: readonly Adapter[],
  wanted: string | undefined,
): Adapter | undefined {
  if (wanted === undefined) return adapters[0];
  if (/^\d+$/u.test(wanted)) return adapters[Number(wanted) - 1];
  return adapters.find(({ name }) => name.toLowerCase().includes(wanted.toLowerCase()));
}

/** The child's side: a line of JSON with the names. */
export async function printAdapters(): Promise<void> {
  const names = (await listAdapters()).map(({ name }) => name);
  process.stdout.write(`${JSON.stringify(names)}\n`, () => process.exit(0));
}

/** Of several Vulkan drivers that the environment names, the one that has the device. */
async function environmentWithOnly(name: string, isSoftware: boolean): Promise<Record<string, string>> {
  const drivers = (process.env['VK_ICD_FILENAMES'] ?? '').split(path.delimiter).filter((file) => file !== '');
  // llama.cpp leaves software alone unless it is told a number.
  const software = isSoftware ? { GGML_VK_VISIBLE_DEVICES: '0' } : {};
  if (drivers.length < 2) return software;
  for (const driver of drivers) {
    const env = { VK_ICD_FILENAMES: driver };
    if ((await namesWith(env)).includes(name)) return { ...env, ...software };
  }
  return software;
}

async function namesWith(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [fileURLToPath(import.meta.url), ADAPTERS_COMMAND],
    { env: { ...process.env, ...env } },
  );
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return v.parse(v.array(v.string()), JSON.parse(line));
}
