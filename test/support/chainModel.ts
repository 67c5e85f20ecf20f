import { writeGguf } from './ggufWriter.ts';
import { quantize } from './ggufQuantize.ts';
import { Random } from './random.ts';
import { tinyModel, type TinyModelOptions } from './tinyModel.ts';

const WIDTH = 256;

/**
 * Writes a model that says after each token what `links` say comes after it, by a margin that no rounding bridges:
 * attention and feed-forward add nothing, so the last hidden state is the embedding of the last token, and the
 * output row of a token is the sum of the embeddings of those it follows. Texts are as the vocabulary writes
 * them: `Ċ` is a line break. What nothing follows is followed by any token.
 */
export async function writeChainModel(
  file: string,
  links: readonly (readonly [after: string, next: string])[],
  options: Omit<TinyModelOptions, 'type' | 'embeddingLength' | 'tiedEmbedding'> = {},
): Promise<void> {
  const model = tinyModel({ ...options, type: 'F32', embeddingLength: WIDTH, tiedEmbedding: false });
  const tokens = vocabularyOf(model.metadata['tokenizer.ggml.tokens']);
  const id = (text: string): number => {
    const found = tokens.indexOf(text);
    if (found < 0) throw new Error(`the vocabulary has no token ${text}`);
    return found;
  };
  const embedding = new Random(7).normals(tokens.length * WIDTH, 1);
  const output = new Float32Array(tokens.length * WIDTH);
  for (const [after, next] of links) {
    const from = id(after) * WIDTH;
    const to = id(next) * WIDTH;
    for (let i = 0; i < WIDTH; i++) output[to + i] = (output[to + i] ?? 0) + (embedding[from + i] ?? 0);
  }
  const tensors = model.tensors.map((tensor) => {
    const values = /attn_output|ffn_down/.test(tensor.name)
      ? new Float32Array(tensor.shape.reduce((product, length) => product * length, 1))
      : tensor.name === 'token_embd.weight'
        ? embedding
        : tensor.name === 'output.weight'
          ? output
          : undefined;
    return values ? { ...tensor, pieces: () => [quantize('F32', values)] } : tensor;
  });
  await writeGguf(file, { ...model, tensors });
}

function vocabularyOf(entry: ReturnType<typeof tinyModel>['metadata'][string] | undefined): string[] {
  if (entry?.type !== 'array') throw new Error('the model has no vocabulary');
  return entry.value.map(String);
}
