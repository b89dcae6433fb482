/** The pointing game: whether the map's highest point lies on the thing itself. */
import type { Metric, Subject } from '../metric';
import { byFallingValue } from '../ranking';

/** Pixels the point may miss the mask by, in a picture of 224: as Zhang et al., 15. */
const tolerance = 15 / 224;

export const pointingGame: Metric = {
  id: 'pointing-game',
  title: 'Pointing game',
  about: 'Whether the highest point of the map lies on the masked object: 1 a hit, 0 a miss.',
  property: 'localisation',
  better: 'higher',
  source: 'Zhang et al. 2016, arXiv 1608.00507',
  slow: false,
  beside: { random: 3, edges: true },
  range: [0, 1],
  applies: needsMask,
  async *compute({ mask, shape, seed }, { cells }) {
    const { width, height } = shape!, cell = byFallingValue(cells, seed)[0]!;
    const x = cell % width, y = Math.floor(cell / width), reach = Math.floor(tolerance * Math.min(width, height));
    for (let down = -reach; down <= reach; down++) {
      for (let right = -reach; right <= reach; right++) {
        if (down * down + right * right > reach * reach) continue;
        const row = y + down, column = x + right;
        if (row >= 0 && row < height && column >= 0 && column < width && mask![row * width + column]) return { value: 1, details: { x, y } };
      }
    }
    return { value: 0, details: { x, y } };
  },
};

export function needsMask({ mask, shape, cells }: Subject): { applies: boolean; reason?: string } {
  if (!shape) return { applies: false, reason: 'This figure needs a picture.' };
  if (!mask) return { applies: false, reason: 'This figure needs a mask: a picture that is white where the object is.' };
  const inside = mask.reduce((total, flag) => total + flag, 0);
  if (inside === 0 || inside === cells) return { applies: false, reason: `The mask covers ${inside === 0 ? 'nothing' : 'everything'} of what the model sees.` };
  return { applies: true };
}
