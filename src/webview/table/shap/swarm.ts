/** Points of one row of a beeswarm: those at about the same place move apart, the more of them the further. */

/**
 * How far each point moves up (−) or down (+), in pixels.
 * @param xs places in pixels; what is no number stays on the line.
 * @param radius of a point.
 * @param room the furthest a point may move; where that is too little, layers come closer and points overlap.
 */
export function swarmOffsets(xs: ArrayLike<number>, radius: number, room: number): Float64Array {
  const offsets = new Float64Array(xs.length), layers = new Int32Array(xs.length), counts = new Map<number, number>(), width = 1.6 * radius;
  const order = Array.from({ length: xs.length }, (_, i) => i).filter((i) => Number.isFinite(xs[i]!)).sort((a, b) => xs[a]! - xs[b]!);
  let most = 1;
  for (const i of order) {
    const bin = Math.floor(xs[i]! / width), before = counts.get(bin) ?? 0;
    counts.set(bin, before + 1);
    // 0, +1, −1, +2, …: the line itself first, then both sides in turn.
    layers[i] = before % 2 === 1 ? (before + 1) >> 1 : -(before >> 1);
    most = Math.max(most, Math.abs(layers[i]!));
  }
  const step = Math.min(width, room / most);
  for (const i of order) offsets[i] = layers[i]! * step;
  return offsets;
}
