import { importKoffi, type Koffi } from '../importKoffi.ts';
import { CpuError } from './errors.ts';

/** What this folder's libraries are called through. @throws CpuError `unavailable` */
export async function loadKoffi(): Promise<Koffi> {
  try {
    return await importKoffi();
  } catch (error) {
    throw new CpuError('unavailable', 'The koffi package could not be loaded.', { cause: error });
  }
}
