import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where the built program lies: all of it is one file. */
const dist = path.dirname(fileURLToPath(import.meta.url));

/** The checkout. */
export const root = path.dirname(dist);

/** The engine that was built of it. */
export const enginePath = path.join(dist, 'engine.mjs');
