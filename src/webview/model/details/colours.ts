/** Numbers as colours: diverging around 0 where there are both signs, else from the smallest to the largest. */
import { colorTable } from '../../../tensor/colormap';

export interface ColourScale {
  readonly minimum: number;
  readonly maximum: number;
  readonly diverging: boolean;
  /** Writes the colour of a value into RGBA pixels; what is not finite is left see-through. */
  paint(pixels: Uint8ClampedArray, at: number, value: number): void;
}

/** For numbers from `minimum` to `maximum`. */
export function colourScale(minimum: number, maximum: number): ColourScale {
  const diverging = minimum < 0 && maximum > 0;
  const bound = Math.max(-minimum, maximum);
  const low = diverging ? -bound : minimum, high = diverging ? bound : maximum;
  const table = colorTable(diverging ? 'blue-white-red' : 'viridis');
  // Halves, lest the distance of two large numbers is infinite.
  const range = high / 2 - low / 2;
  return {
    minimum: low, maximum: high, diverging,
    paint: (pixels, at, value) => {
      if (!Number.isFinite(value)) return;
      const row = 3 * Math.max(0, Math.min(255, range > 0 ? Math.round(((value / 2 - low / 2) / range) * 255) : 128));
      pixels[at] = table[row]!;
      pixels[at + 1] = table[row + 1]!;
      pixels[at + 2] = table[row + 2]!;
      pixels[at + 3] = 255;
    },
  };
}

/** The scale as the background of a legend. */
export function gradient(diverging: boolean): string {
  const table = colorTable(diverging ? 'blue-white-red' : 'viridis');
  const stops = Array.from({ length: 11 }, (_, index) => {
    const row = 3 * Math.round(index * 25.5);
    return `rgb(${table[row]}, ${table[row + 1]}, ${table[row + 2]})`;
  });
  return `linear-gradient(to right, ${stops.join(', ')})`;
}
