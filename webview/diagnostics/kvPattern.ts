import type { KvKind } from './kvSegments.ts';
import type { Palette } from './palette.ts';

const SIZE = 6;

/**
 * How cells of a kind are filled: a colour of the theme with a pattern of its own, so that nobody needs the colours. In
 * high contrast the pattern alone, in the foreground's colour.
 */
export function kvPattern(
  context: CanvasRenderingContext2D,
  kind: KvKind | 'evicted',
  palette: Palette,
): CanvasPattern | string {
  const tile = document.createElement('canvas');
  tile.width = SIZE;
  tile.height = SIZE;
  const draw = tile.getContext('2d');
  const colour = { shared: 'blue', prompt: 'green', thought: 'yellow', answer: 'purple', evicted: 'red' }[
    kind
  ] as 'blue' | 'green' | 'yellow' | 'purple' | 'red';
  if (!draw) return palette[colour];
  const [fill, line] = palette.isHighContrast
    ? [palette.background, palette.foreground]
    : [palette[colour], palette.background];
  draw.fillStyle = fill;
  draw.fillRect(0, 0, SIZE, SIZE);
  draw.fillStyle = line;
  draw.strokeStyle = line;
  switch (kind) {
    case 'shared':
      if (palette.isHighContrast) draw.fillRect(0, 0, SIZE, SIZE);
      break;
    case 'prompt':
      draw.fillRect(0, 0, 1, 1);
      draw.fillRect(3, 3, 1, 1);
      break;
    case 'thought':
      // Corner to corner, and the corners that the next tiles need.
      for (let i = 0; i < SIZE; i++) draw.fillRect(i, SIZE - 1 - i, 1, 1);
      break;
    case 'answer':
      draw.fillRect(0, 2, SIZE, 1);
      break;
    case 'evicted':
      for (let i = 0; i < SIZE; i++) {
        draw.fillRect(i, SIZE - 1 - i, 1, 1);
        draw.fillRect(i, i, 1, 1);
      }
      break;
    default:
      return kind satisfies never;
  }
  return context.createPattern(tile, 'repeat') ?? palette[colour];
}
