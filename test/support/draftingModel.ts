import { quantize } from './ggufQuantize.ts';
import { writeGguf, type TensorToWrite } from './ggufWriter.ts';
import { Random } from './random.ts';
import { tinyModel, type TinyModelOptions } from './tinyModel.ts';

const TYPE = 'Q8_0';
const WIDTH = 256;

/**
 * Writes a model that says random things, each of which depends mostly on the token before it, and whose draft reads just
 * that token: its guesses are often right and often wrong. Latent attention and experts take part in a small way.
 */
export async function writeDraftingModel(file: string, options: TinyModelOptions = {}): Promise<void> {
  const model = tinyModel({ ...options, family: 'deepseek2', type: TYPE, embeddingLength: WIDTH });
  const random = new Random(11);
  const tensors = model.tensors.map((tensor) => {
    if (/attn_output|ffn_down/.test(tensor.name)) {
      const length = tensor.shape.reduce((product, size) => product * size, 1);
      return withValues(tensor, random.normals(length, 0.3 / Math.sqrt(tensor.shape.at(-1) ?? 1)));
    }
    return tensor.name.includes('eh_proj') ? withValues(tensor, embeddingAlone()) : tensor;
  });
  await writeGguf(file, { ...model, tensors });
}

/** `[width, 2 * width]`: the embedding's half as it is, nothing of the hidden state. */
function embeddingAlone(): Float32Array {
  const values = new Float32Array(2 * WIDTH * WIDTH);
  for (let row = 0; row < WIDTH; row++) values[row * 2 * WIDTH + row] = 1;
  return values;
}

function withValues(tensor: TensorToWrite, values: Float32Array): TensorToWrite {
  return { ...tensor, pieces: () => [quantize(TYPE, values)] };
}
