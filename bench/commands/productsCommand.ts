import { Command, Option } from 'commander';
import { libraryPath } from '../../native/cpu/libraryPath.ts';
import { PACKED_TYPES, type PackedType } from '../../native/cpu/library.ts';
import { measureMemoryBandwidth } from '../memoryBandwidth.ts';
import { positive, positives } from '../numberOptions.ts';
import { measureProduct, type ProductPlan } from '../productWorker.ts';
import { productsReport, type MeasuredProduct } from '../productsReport.ts';

interface ProductsOptions {
  readonly type: readonly PackedType[];
  readonly tokens: readonly number[];
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly isa?: string;
}

/** Rows and columns of the matrices of DeepSeek-R1-Distill-Qwen-1.5B: attention, up, down, and the head. */
const PRODUCT_SHAPES = [
  [1536, 1536],
  [8960, 1536],
  [1536, 8960],
  [151_936, 1536],
] as const;

/** `npm run bench -- products` */
export function productsCommand(): Command {
  return new Command('products')
    .description('how fast our own CPU kernels multiply, and how much of the memory they use')
    .addOption(new Option('--type <names...>', 'of the weights').choices(PACKED_TYPES).default(['Q4_0']))
    .option('-n, --tokens <numbers...>', 'multiplied together', positives, [1, 128])
    .option('-t, --threads <numbers...>', 'that share the rows', positives, [1, 2])
    .option('-r, --rounds <number>', 'of each measurement', positive, 3)
    .option('--isa <name>', 'instruction set; the fastest otherwise')
    .action(products);
}

async function products({ type: types, tokens, threads, rounds, isa }: ProductsOptions): Promise<void> {
  const library = libraryPath();
  if (library === undefined) throw new Error('There is no CPU library; npm run build says why.');
  const plans: ProductPlan[] = types.flatMap((type) =>
    tokens.flatMap((count) =>
      threads.flatMap((threadCount) =>
        PRODUCT_SHAPES.map(([rows, columns]) => ({
          ...{ libraryPath: library, isa, type, rows, columns },
          ...{ tokens: count, threads: threadCount },
        })),
      ),
    ),
  );
  const measured: (MeasuredProduct & { rounds: MeasuredProduct['rounds'][number][] })[] = plans.map(
    (plan) => ({
      plan,
      rounds: [],
    }),
  );
  for (let round = 0; round < rounds; round++) {
    for (const { plan, rounds: done } of measured) {
      const bytesPerSecond = await measureMemoryBandwidth(plan.threads);
      done.push({ timing: await measureProduct(plan), bytesPerSecond });
    }
    console.error(`round ${round + 1} of ${rounds}`);
  }
  console.log(productsReport(measured));
}
