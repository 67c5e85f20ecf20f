import { GpuError } from './errors.ts';

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
  /** Neighbours of one group lie in one shard where one can hold them all: a dispatch reads of one. */
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

export interface Shard {
  readonly quantBytes: number;
  readonly scaleBytes: number;
}

export interface ShardPlan {
  readonly shards: readonly Shard[];
  readonly pieces: readonly ShardPiece[];
}

/** Rows that a workgroup computes together. */
const LEAST_GRAIN = 4;

/**
 * Distributes weights over shards, each a buffer of quants and a buffer of scales that an adapter can bind (128 MiB in the
 * smallest case), in their order. A matrix is cut only where no shard would hold it whole.
 *
 * @param mostRows that a dispatch can reach: four a workgroup
 * @throws GpuError `limit` when the least piece of a matrix fits into no shard
 */
export function planShards(
  matrices: readonly ShardedMatrix[],
  bindingBytes: number,
  mostRows: number,
): ShardPlan {
  const shards: Shard[] = [];
  const pieces: ShardPiece[] = [];
  let current: Shard = { quantBytes: 0, scaleBytes: 0 };
  const close = (): void => {
    if (current.quantBytes > 0) shards.push(current);
    current = { quantBytes: 0, scaleBytes: 0 };
  };

  for (const [index, matrix] of matrices.entries()) {
    if (!fitsBeside(current, groupFrom(matrices, index), bindingBytes)) close();
    const { name, rows, grainRows, grainQuantBytes, grainScaleBytes, grainHighBytes } = matrix;
    const tableBytes = grainScaleBytes + grainHighBytes;
    const grains = Math.ceil(rows / grainRows);
    const fitting = ({ quantBytes, scaleBytes }: Shard): number =>
      Math.min(
        Math.floor((bindingBytes - quantBytes) / grainQuantBytes),
        tableBytes === 0 ? Infinity : Math.floor((bindingBytes - scaleBytes) / tableBytes),
      );
    const most = Math.min(
      fitting({ quantBytes: 0, scaleBytes: 0 }),
      // A matrix of an expert or a head is found by its index: only its own rows are counted in workgroups.
      grainRows === LEAST_GRAIN ? Math.max(1, Math.floor(mostRows / grainRows)) : Infinity,
    );
    if (most < 1)
      throw new GpuError(
        'limit',
        `${String(grainRows)} rows of ${name} take ${String(grainQuantBytes)} bytes; ` +
          `the GPU allows ${String(bindingBytes)} in a buffer.`,
      );
    for (let grain = 0; grain < grains;) {
      const wanted = Math.min(most, grains - grain);
      if (fitting(current) < wanted) close();
      const firstRow = grain * grainRows;
      const scales = current.scaleBytes / 4;
      pieces.push({
        name,
        shard: shards.length,
        firstRow,
        rows: Math.min(rows - firstRow, wanted * grainRows),
        quants: current.quantBytes / 16,
        scales,
        high: scales + (wanted * grainScaleBytes) / 4,
      });
      current = {
        quantBytes: current.quantBytes + wanted * grainQuantBytes,
        scaleBytes: current.scaleBytes + wanted * tableBytes,
      };
      grain += wanted;
    }
  }
  close();
  return { shards, pieces };
}

/** The matrices of a group that begins here; none within a group or outside of any. */
function groupFrom(matrices: readonly ShardedMatrix[], first: number): readonly ShardedMatrix[] {
  const group = matrices[first]?.group;
  if (group === undefined || matrices[first - 1]?.group === group) return [];
  const behind = matrices.slice(first);
  const end = behind.findIndex((matrix) => matrix.group !== group);
  return end === -1 ? behind : behind.slice(0, end);
}

/** Whether matrices find room beside what a shard has, or would not in an empty one either. */
function fitsBeside(shard: Shard, group: readonly ShardedMatrix[], bindingBytes: number): boolean {
  let [quantBytes, scaleBytes] = [0, 0];
  for (const { rows, grainRows, grainQuantBytes, grainScaleBytes, grainHighBytes } of group) {
    const grains = Math.ceil(rows / grainRows);
    quantBytes += grains * grainQuantBytes;
    scaleBytes += grains * (grainScaleBytes + grainHighBytes);
  }
  if (Math.max(quantBytes, scaleBytes) > bindingBytes) return true;
  return Math.max(shard.quantBytes + quantBytes, shard.scaleBytes + scaleBytes) <= bindingBytes;
}
