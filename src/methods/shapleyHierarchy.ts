/** Features grouped two by two up to one group of all: neighbours of like colour, columns that vary together, halves of a sequence. */
import { toFloat32 } from '../tensor/convert';
import { mean, pearson } from '../tensor/statistics';
import { displayPlanes } from './features/segmentation';
import { explainedTensor, type Features } from './features/features';
import { samplesOf } from './features/fills';
import type { MethodContext } from './method';

/** A group of features and what it falls apart into; the groups of one feature come first, in the features' order. */
export interface Group {
  readonly members: Int32Array;
  readonly parts?: readonly [number, number];
}

/** Groups compared pair by pair: beyond this a sequence is halved instead. */
const mostColumns = 512;

/** All groups; the last one holds every feature. */
export function hierarchyOf(context: MethodContext, features: Features): Group[] {
  if (features.picture) return byColour(context, features);
  const table = context.tensors.backgroundFile ?? context.tensors.background, { count } = features;
  if (table && context.kind === 'table' && count <= mostColumns) {
    const rows = samplesOf(toFloat32(table), table.dims, explainedTensor(context).dims);
    if (rows.length > 2) return byCorrelation(features, rows);
  }
  return halved(count);
}

/** Leaves and merges become groups. */
class Tree {
  readonly groups: Group[];

  constructor(count: number) {
    this.groups = Array.from({ length: count }, (_, feature) => ({ members: Int32Array.of(feature) }));
  }

  join(a: number, b: number): number {
    const members = new Int32Array(this.groups[a]!.members.length + this.groups[b]!.members.length);
    members.set(this.groups[a]!.members);
    members.set(this.groups[b]!.members, this.groups[a]!.members.length);
    return this.groups.push({ members, parts: [a, b] }) - 1;
  }
}

/** A sequence into halves, halves into quarters. */
function halved(count: number): Group[] {
  const tree = new Tree(count);
  const of = (start: number, end: number): number => (end - start === 1 ? start : tree.join(of(start, (start + end) >> 1), of((start + end) >> 1, end)));
  if (count > 1) of(0, count);
  return tree.groups;
}

/**
 * Neighbouring regions join, those first whose union spreads least in colour for its size (Ward's criterion). Regions
 * that touch nothing join last, in order.
 */
function byColour(context: MethodContext, { count, labels, picture }: Features): Group[] {
  const shape = picture!, { width, height, layout, channels } = shape, planes = displayPlanes(context, shape);
  const cell = (pixel: number): number => labels[layout === 'NCHW' ? pixel : pixel * channels]!;
  const sizes = new Float64Array(count), colours = Array.from({ length: count }, () => new Float64Array(planes.length)), touching = Array.from({ length: count }, () => new Set<number>());
  for (let pixel = 0; pixel < width * height; pixel++) {
    const own = cell(pixel);
    if (own < 0) continue;
    sizes[own]!++;
    planes.forEach((plane, k) => { colours[own]![k]! += plane[pixel]!; });
    for (const other of [pixel % width < width - 1 ? pixel + 1 : -1, pixel + width < width * height ? pixel + width : -1]) {
      const next = other < 0 ? -1 : cell(other);
      if (next < 0 || next === own) continue;
      touching[own]!.add(next);
      touching[next]!.add(own);
    }
  }
  const tree = new Tree(count), alive = new Set(sizes.keys());
  const weight = [...sizes], colour = colours.map((sums, region) => sums.map((sum) => sum / (sizes[region] || 1))), edges = [...touching];
  const cost = (a: number, b: number): number => {
    let square = 0;
    for (let k = 0; k < planes.length; k++) square += (colour[a]![k]! - colour[b]![k]!) ** 2;
    return ((weight[a]! * weight[b]!) / (weight[a]! + weight[b]!)) * square;
  };
  // The cheapest neighbour of each, kept up to date: a merge changes only what touches it.
  const best = new Map<number, { readonly other: number; readonly cost: number }>();
  const choose = (region: number): void => {
    let found: { other: number; cost: number } | undefined;
    for (const other of edges[region]!) {
      const price = cost(region, other);
      if (!found || price < found.cost || (price === found.cost && other < found.other)) found = { other, cost: price };
    }
    if (found) best.set(region, found);
    else best.delete(region);
  };
  for (const region of alive) choose(region);
  while (alive.size > 1) {
    let pair: readonly [number, number] | undefined, least = Infinity;
    for (const [region, { other, cost: price }] of best) if (price < least) { least = price; pair = [region, other]; }
    const [a, b] = pair ?? [...alive].slice(0, 2) as [number, number], joined = tree.join(Math.min(a, b), Math.max(a, b));
    weight[joined] = weight[a]! + weight[b]!;
    colour[joined] = colour[a]!.map((value, k) => (value * weight[a]! + colour[b]![k]! * weight[b]!) / weight[joined]!);
    edges[joined] = new Set([...edges[a]!, ...edges[b]!].filter((other) => other !== a && other !== b));
    for (const gone of [a, b]) {
      alive.delete(gone);
      best.delete(gone);
    }
    alive.add(joined);
    for (const other of edges[joined]!) {
      edges[other]!.delete(a);
      edges[other]!.delete(b);
      edges[other]!.add(joined);
      choose(other);
    }
    choose(joined);
  }
  return tree.groups;
}

/** Columns join by 1 − |correlation| over the background, groups by their farthest members (complete linkage). */
function byCorrelation({ count, labels }: Features, rows: readonly Float32Array[]): Group[] {
  // A feature of several columns stands for them by their mean.
  const columns = Array.from({ length: count }, (_, feature) => {
    const members = [...labels.keys()].filter((column) => labels[column] === feature);
    return Float64Array.from(rows, (row) => mean(members.map((column) => row[column]!)));
  });
  const tree = new Tree(count), alive = Array.from({ length: count }, (_, feature) => feature);
  const apart = columns.map((a) => columns.map((b) => 1 - Math.abs(pearson(a, b) || 0)));
  while (alive.length > 1) {
    let pair: readonly [number, number] = [0, 1], least = Infinity;
    alive.forEach((a, i) => { for (let k = i + 1; k < alive.length; k++) if (apart[a]![alive[k]!]! < least) { least = apart[a]![alive[k]!]!; pair = [i, k]; } });
    const [i, k] = pair, a = alive[i]!, b = alive[k]!, joined = tree.join(a, b);
    const row = Array.from({ length: joined }, (_, other) => Math.max(apart[a]![other] ?? 0, apart[b]![other] ?? 0));
    apart.forEach((distances, other) => { distances[joined] = row[other]!; });
    apart[joined] = [...row, 0];
    alive.splice(k, 1);
    alive.splice(i, 1, joined);
  }
  return tree.groups;
}
