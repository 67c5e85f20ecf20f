import { stat } from 'node:fs/promises';
import { Command, Option } from 'commander';
import type { QuantizationType } from '../src/models/weights.ts';
import { QUANTIZATION_TYPES } from '../src/models/weights.ts';
import { FAMILIES, type Family } from '../test/support/modelShape.ts';
import { writeR1Shape } from '../test/support/r1Shape.ts';
import { requantize } from '../test/support/requantize.ts';
import { writeTinyModel } from '../test/support/tinyModel.ts';

interface Types {
  readonly out: string;
  readonly type: QuantizationType;
  readonly embeddingType?: QuantizationType;
}

const command = (name: string): Command =>
  new Command(name)
    .requiredOption('--out <file>', 'the GGUF file to write')
    .addOption(
      new Option('--type <type>', 'of the matrices').choices(QUANTIZATION_TYPES).makeOptionMandatory(),
    )
    .addOption(
      new Option('--embedding-type <type>', 'of embedding and output (as --type)').choices(
        QUANTIZATION_TYPES,
      ),
    );

const program = new Command('make-model')
  .description('Makes GGUF files for tests and benchmarks. The same options give the same bytes.')
  .addCommand(
    command('r1-1.5b-shape')
      .description('the shape of DeepSeek-R1-Distill-Qwen-1.5B with random weights')
      .option('--seed <number>', 'of the random weights', Number, 1)
      .action(async ({ out, ...options }: Types & { readonly seed: number }) => {
        await report(out, writeR1Shape(out, options));
      }),
  )
  .addCommand(
    command('tiny')
      .description('a few layers of random weights, for trying things out')
      .addOption(new Option('--family <family>').choices(FAMILIES).default('llama'))
      .option('--seed <number>', 'of the random weights', Number, 1)
      .action(async ({ out, ...options }: Types & { readonly family: Family; readonly seed: number }) => {
        await report(out, writeTinyModel(out, options));
      }),
  )
  .addCommand(
    command('requantize')
      .description("another file's model in another type (F32: exactly what its weights mean)")
      .requiredOption('--from <file>', 'the GGUF file to convert')
      .action(async ({ out, from, ...options }: Types & { readonly from: string }) => {
        await report(out, requantize(from, out, options));
      }),
  );

await program.parseAsync();

async function report(file: string, writing: Promise<void>): Promise<void> {
  const started = performance.now();
  await writing;
  const megabytes = (await stat(file)).size / 1e6;
  const seconds = (performance.now() - started) / 1000;
  console.log(`${file}: ${megabytes.toFixed(1)} MB in ${seconds.toFixed(1)} s`);
}
