import { GpuError } from './errors.ts';
import {
  isNarrow,
  mostInShard,
  spanOf,
  type ShardBytes,
  type ShardLimits,
  type WeightSpan,
} from './weightSpan.ts';

/** What a matrix takes in the two buffers of weights. */
export interface ShardedMatrix {
  readonly name: string;
  readonly rows: number;
  /** Rows that must stay together, and with them the places where a matrix may be cut: an expert's, or 4. */
  readonly grainRows: number;
  /** Of `grainRows` rows; multiples of 16. */
  readonly grainQuantBytes: number;
  /** Of `grainRows` rows; multiples of 4. Scales and, behind those of all rows of a piece, high bits. */
  readonly grainScaleBytes: number;
  readonly grainHighBytes: number;
  /** Neighbours of one group lie in one shard where any can hold them all: a dispatch reads of one. */
  readonly group?: string;
}

/** Some rows of a matrix in one shard. */
export interface ShardPiece {
  readonly name: string;
  readonly shard: number;
  readonly firstRow: number;
  readonly rows: number;
  /** In vectors of 16 bytes, as kernels count. */
  readonly quants: number;
  /** In words of 4 bytes. */
  readonly scales: number;
  readonly high: number;
}

export interface Shard extends ShardBytes {
  readonly span: WeightSpan;
}

export interface ShardPlan {
  readonly shards: readonly Shard[];
  readonly pieces: readonly ShardPiece[];
}

/** Rows that a workgroup computes together. */
const LEAST_GRAIN = 4;
const NOTHING: ShardBytes = { quantBytes: 0, scaleBytes: 0 };

/**
 * Distributes weights over shards, in their order. A shard is a buffer of quants and a buffer of scales that an adapter can bind (128 MiB
 * in the smallest case). What one dispatch reads, a matrix or a group, and no such shard holds, lies in one of its own over as many
 * buffers as a kernel can bind; it is cut only where these do not hold it either.
 *
 * @param mostRows that a dispatch can reach: four a workgroup
 * @throws GpuError `limit` when the least piece of a matrix fits into no shard
 */
export function planShards(
  matrices: readonly ShardedMatrix[],
  limits: ShardLimits,
  mostRows: number,
): ShardPlan {
  const planner = new ShardPlanner(limits, mostRows);
  for (const unit of unitsOf(matrices)) planner.add(unit);
  return planner.end();
}

class ShardPlanner {
  readonly #limits: ShardLimits;
  readonly #mostRows: number;
  readonly #shards: ShardBytes[] = [];
  readonly #pieces: ShardPiece[] = [];
  #current = NOTHING;

  constructor(limits: ShardLimits, mostRows: number) {
    this.#limits = limits;
    this.#mostRows = mostRows;
  }

  /** What one dispatch reads. */
  add(unit: readonly ShardedMatrix[]): void {
    const bytes = unit.map((matrix) => bytesOf(matrix, grainsOf(matrix))).reduce(together, NOTHING);
    if (this.#isNarrow(bytes)) {
      if (!this.#isNarrow(together(this.#current, bytes))) this.#close();
      for (const matrix of unit) this.#place(matrix, 0, grainsOf(matrix));
    } else if (mostInShard(bytes, this.#limits) >= 1) {
      this.#close();
      for (const matrix of unit) this.#place(matrix, 0, grainsOf(matrix));
      this.#close();
    } else if (unit.length > 1) for (const matrix of unit) this.add([matrix]);
    else for (const matrix of unit) this.#cut(matrix);
  }

  end(): ShardPlan {
    this.#close();
    return {
      shards: this.#shards.map((shard) => ({ ...shard, span: spanOf(shard, this.#limits.bindingBytes) })),
      pieces: this.#pieces,
    };
  }

  /** Each piece takes a dispatch. */
  #cut(matrix: ShardedMatrix): void {
    const most = mostInShard(bytesOf(matrix, 1), this.#limits);
    if (most < 1)
      throw new GpuError(
        'limit',
        `${String(matrix.grainRows)} rows of ${matrix.name} take ${String(matrix.grainQuantBytes)} bytes; ` +
          `the GPU allows ${String(this.#limits.bindingBytes)} in a buffer, and ${String(this.#limits.buffers)} buffers of weights.`,
      );
    const grains = grainsOf(matrix);
    for (let grain = 0; grain < grains; grain += most) {
      this.#close();
      this.#place(matrix, grain, Math.min(most, grains - grain));
    }
  }

  /** Behind what the current shard has. */
  #place(matrix: ShardedMatrix, first: number, count: number): void {
    const { name, rows, grainRows, grainScaleBytes } = matrix;
    // A matrix of an expert or a head is found by its index: only its own rows are counted in workgroups.
    const most = grainRows === LEAST_GRAIN ? Math.max(1, Math.floor(this.#mostRows / grainRows)) : Infinity;
    for (let grain = first; grain < first + count; grain += most) {
      const wanted = Math.min(most, first + count - grain);
      const firstRow = grain * grainRows;
      const scales = this.#current.scaleBytes / 4;
      this.#pieces.push({
        ...{ name, shard: this.#shards.length, firstRow },
        rows: Math.min(rows - firstRow, wanted * grainRows),
        quants: this.#current.quantBytes / 16,
        scales,
        high: scales + (wanted * grainScaleBytes) / 4,
      });
      this.#current = together(this.#current, bytesOf(matrix, wanted));
    }
  }

  #close(): void {
    if (this.#current.quantBytes > 0) this.#shards.push(this.#current);
    this.#current = NOTHING;
  }

  #isNarrow(bytes: ShardBytes): boolean {
    return isNarrow(spanOf(bytes, this.#limits.bindingBytes));
  }
}

/** Matrices that one dispatch reads: neighbours of one group, and any other alone. */
function unitsOf(matrices: readonly ShardedMatrix[]): readonly (readonly ShardedMatrix[])[] {
  const units: ShardedMatrix[][] = [];
  for (const matrix of matrices) {
    const last = units.at(-1);
    if (matrix.group !== undefined && last?.[0]?.group === matrix.group) last.push(matrix);
    else units.push([matrix]);
  }
  return units;
}

function grainsOf({ rows, grainRows }: ShardedMatrix): number {
  return Math.ceil(rows / grainRows);
}

function bytesOf(
  { grainQuantBytes, grainScaleBytes, grainHighBytes }: ShardedMatrix,
  grains: number,
): ShardBytes {
  return { quantBytes: grains * grainQuantBytes, scaleBytes: grains * (grainScaleBytes + grainHighBytes) };
}

function together(one: ShardBytes, other: ShardBytes): ShardBytes {
  return {
    quantBytes: one.quantBytes + other.quantBytes,
    scaleBytes: one.scaleBytes + other.scaleBytes,
  };
}
