// A byte order mark is a token like others.
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });

/** UTF-8 as text; `whole` is false where something was none, which becomes U+FFFD. */
export function decodeText(bytes: Uint8Array): { readonly text: string; readonly whole: boolean } {
  try {
    return { text: strict.decode(bytes), whole: true };
  } catch {
    return { text: lenient.decode(bytes), whole: false };
  }
}
