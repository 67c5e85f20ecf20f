import { corrupt } from '../modelErrors.ts';
import type { TokenizerSource } from '../tokenizer/tokenizerSource.ts';
import type { GgufMetadata } from './ggufMetadata.ts';

const PREFIX = 'tokenizer.ggml';
/** -1 as an unsigned number: some converters write it for a token that the model does not have. */
const NO_TOKEN = 0xffffffff;

/**
 * What the file says about its tokenizer, checked now and decoded when the result is called: a vocabulary has
 * hundreds of thousands of strings, which only a model that is loaded needs.
 *
 * @throws GlassboxError `model/corrupt` when arrays disagree or an id is not one of the vocabulary
 */
export function readTokenizerSource(metadata: GgufMetadata, file: string): () => TokenizerSource {
  const tokens = metadata.stringArray(`${PREFIX}.tokens`) ?? metadata.missing(`${PREFIX}.tokens`);
  const tokenTypes = metadata.numberArray(`${PREFIX}.token_type`);
  if (tokenTypes !== undefined && tokenTypes.length !== tokens.length)
    throw corrupt(
      file,
      `metadata key "${PREFIX}.token_type"`,
      `has ${String(tokenTypes.length)} entries for ${String(tokens.length)} tokens`,
    );
  const merges = metadata.stringArray(`${PREFIX}.merges`);
  const id = (name: string): number | undefined => {
    const key = `${PREFIX}.${name}_token_id`;
    const value = metadata.integer(key, -1, NO_TOKEN);
    if (value === -1 || value === NO_TOKEN) return undefined;
    return metadata.integer(key, 0, tokens.length - 1);
  };
  const scalars = {
    model: metadata.needString(`${PREFIX}.model`),
    ...present('pre', metadata.string(`${PREFIX}.pre`)),
    ...present('bosTokenId', id('bos')),
    ...present('eosTokenId', id('eos')),
    ...present('eotTokenId', id('eot')),
    ...present('eomTokenId', id('eom')),
    ...present('unknownTokenId', id('unknown')),
    ...present('paddingTokenId', id('padding')),
    ...present('addBosToken', metadata.boolean(`${PREFIX}.add_bos_token`)),
  };
  return () => ({
    ...scalars,
    tokens: tokens.strings(),
    merges: merges?.strings() ?? [],
    ...present('tokenTypes', tokenTypes?.numbers()),
  });
}

/** `{ [name]: value }`, or nothing when the file does not say. */
function present<Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): Partial<Record<Name, Value>> {
  // The cast: a computed key is typed as any string, though it is `name` alone.
  return value === undefined ? {} : ({ [name]: value } as Record<Name, Value>);
}
