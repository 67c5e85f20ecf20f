import { corrupt } from '../modelErrors.ts';
import type { Vocabulary } from '../vocabulary.ts';
import type { GgufMetadata } from './ggufMetadata.ts';

const PREFIX = 'tokenizer.ggml';
/** -1 as an unsigned number: some converters write it for a token that the model does not have. */
const NO_TOKEN = 0xffffffff;

/**
 * The vocabulary of a file, still encoded.
 * @throws GlassboxError `model/corrupt` when arrays disagree or an id is not one of the vocabulary
 */
export function readVocabulary(metadata: GgufMetadata, file: string): Vocabulary {
  const tokens = metadata.stringArray(`${PREFIX}.tokens`) ?? metadata.missing(`${PREFIX}.tokens`);
  const size = tokens.length;
  const perToken = (key: string) => {
    const array = metadata.numberArray(key);
    if (array !== undefined && array.length !== size)
      throw corrupt(
        file,
        `metadata key "${key}"`,
        `has ${String(array.length)} entries for ${String(size)} tokens`,
      );
    return array;
  };
  const id = (name: string): number | undefined => {
    const value = metadata.integer(`${PREFIX}.${name}_token_id`, -1, NO_TOKEN);
    if (value === -1 || value === NO_TOKEN) return undefined;
    return metadata.integer(`${PREFIX}.${name}_token_id`, 0, size - 1);
  };
  const tokenTypes = perToken(`${PREFIX}.token_type`);
  const scores = perToken(`${PREFIX}.scores`);
  const merges = metadata.stringArray(`${PREFIX}.merges`);
  return {
    model: metadata.needString(`${PREFIX}.model`),
    preTokenizer: metadata.string(`${PREFIX}.pre`),
    size,
    tokens: () => tokens.strings(),
    tokenTypes: () => tokenTypes?.numbers(),
    merges: () => merges?.strings(),
    scores: () => scores?.numbers(),
    includes: (text) => tokens.includes(text),
    bosId: id('bos'),
    eosId: id('eos'),
    eotId: id('eot'),
    eomId: id('eom'),
    unknownId: id('unknown'),
    paddingId: id('padding'),
    addBos: metadata.boolean(`${PREFIX}.add_bos_token`),
    addEos: metadata.boolean(`${PREFIX}.add_eos_token`),
    addSpacePrefix: metadata.boolean(`${PREFIX}.add_space_prefix`),
  };
}
