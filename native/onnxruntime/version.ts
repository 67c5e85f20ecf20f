import { OrtError } from './errors.ts';

/** The version that package.json pins. The indices in `api.ts` and the behaviours noted in `runtime.ts` were checked with it. */
export const ORT_VERSION = '1.30.0';

/** @throws OrtError `version` when `found` is not the pinned version */
export function checkVersion(found: string): void {
  if (found === ORT_VERSION) return;
  throw new OrtError(
    'version',
    `ONNX Runtime ${found} was found, but Glassbox works with ${ORT_VERSION} only. Reinstall the onnxruntime-node package in version ${ORT_VERSION}.`,
  );
}
