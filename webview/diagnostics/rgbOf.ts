import type { Rgb } from './rgb.ts';

let context: CanvasRenderingContext2D | null | undefined;

/** What a CSS colour is, over black where it is translucent. */
export function rgbOf(colour: string): Rgb {
  context ??= Object.assign(document.createElement('canvas'), { width: 1, height: 1 }).getContext('2d', {
    willReadFrequently: true,
  });
  if (!context) return [128, 128, 128];
  context.fillStyle = '#000000';
  context.fillRect(0, 0, 1, 1);
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = context.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}
