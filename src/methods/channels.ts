/** Which channels of a layer are looked at first: methods that try each channel show their best guess early. */
import { range } from '../tensor/statistics';
import type { Grid } from './cam';
import type { ParameterSpec } from './method';

export const channelParameter: ParameterSpec = {
  name: 'channels', type: 'integer', default: 0, minimum: 0, maximum: 1_000_000,
  about: 'Only this many channels, those whose activations differ most over the picture; 0 takes all.',
};

/** Channel numbers, those whose values span the widest range first; at most `most` (0: all). */
export function channelsBySpan(grid: Grid, most: number): number[] {
  const cells = grid.height * grid.width;
  const spans = Array.from({ length: grid.channels }, (_, channel) => {
    const { minimum, maximum } = range(grid.values.subarray(channel * cells, (channel + 1) * cells));
    return maximum - minimum;
  });
  const order = spans.map((_, channel) => channel).sort((a, b) => spans[b]! - spans[a]! || a - b);
  return most > 0 ? order.slice(0, most) : order;
}
