/**
 * NanoDet (github.com/RangiLyu/nanodet): for every grid classes [1, n, C] and distances [1, n, 4·R], or all in one
 * [1, N, C + 4·R]. The distance of a side is the mean of a distribution over 0 … R − 1 cells (Li et al. 2020,
 * Generalized Focal Loss, arXiv 2006.04388), from the cell's middle; NanoDet-Plus counts from the cell's corner.
 */
import type { Box, Head, ModelFacts, OutputFacts, Reading, Values } from '../head';
import { rowMajor, Rows } from '../rows';
import { levelsFor, levelsOf, type Level } from '../strides';
import { Collector } from '../suppress';
import { classScores } from './scores';

interface Part {
  readonly scores: OutputFacts;
  readonly distances: OutputFacts;
  /** Channel the distances begin at. */
  readonly from: number;
  readonly levels: readonly Level[];
}

export function nanoDet(facts: ModelFacts): Head | undefined {
  return separate(facts) ?? together(facts);
}

function separate(facts: ModelFacts): Head | undefined {
  const lists = facts.outputs.filter(({ dims }) => dims.length === 3 && dims[0] === 1), counts = [...new Set(lists.map(({ dims }) => dims[1]!))];
  if (lists.length !== facts.outputs.length || lists.length < 4 || counts.length !== lists.length / 2) return undefined;
  const all = [8, 16, 32, 64, 128].flatMap((stride) => levelsOf(facts.height, facts.width, [stride]));
  const parts: Part[] = [];
  for (const count of counts) {
    const pair = lists.filter(({ dims }) => dims[1] === count), level = all.find(({ height, width }) => height * width === count);
    if (pair.length !== 2 || !level) return undefined;
    // The distances' number of channels is a multiple of four that all grids share; classes are the other one.
    const [a, b] = pair as [OutputFacts, OutputFacts], named = facts.labels?.length ?? 80;
    const scores = a.dims[2] === named ? a : b.dims[2] === named ? b : a.dims[2]! % 4 !== 0 ? a : b, distances = scores === a ? b : a;
    if (distances.dims[2]! % 4 !== 0 || distances.dims[2]! < 20) return undefined;
    parts.push({ scores, distances, from: 0, levels: [level] });
  }
  parts.sort((a, b) => a.levels[0]!.stride - b.levels[0]!.stride);
  const classes = parts[0]!.scores.dims[2]!, bins = parts[0]!.distances.dims[2]! / 4;
  if (!parts.every(({ scores, distances }) => scores.dims[2] === classes && distances.dims[2] === 4 * bins)) return undefined;
  return head(facts, parts, classes, bins, 0.5, `its outputs come in pairs for the grids of strides ${parts.map(({ levels }) => levels[0]!.stride).join(', ')}: ${classes} classes, and 4 × ${bins} numbers for the distances to a box's sides`);
}

function together(facts: ModelFacts): Head | undefined {
  const output = facts.outputs.length === 1 ? facts.outputs[0]! : undefined;
  if (!output || output.dims.length !== 3 || output.dims[0] !== 1) return undefined;
  const [, count, channels] = output.dims as [number, number, number], named = output.labels?.length ?? facts.labels?.length ?? 80;
  const bins = (channels - named) / 4, found = levelsFor(count, facts.height, facts.width, [1]);
  if (!found || ![8, 11, 16, 17].includes(bins)) return undefined;
  const plus = found.levels.length === 4;
  return head(facts, [{ scores: output, distances: output, from: named, levels: found.levels }], named, bins, plus ? 0 : 0.5, `its output holds ${named} classes and 4 × ${bins} numbers for the distances to a box's sides for each cell of the grids of strides ${found.levels.map(({ stride }) => stride).join(', ')}`);
}

function head(facts: ModelFacts, parts: readonly Part[], classes: number, bins: number, offset: number, because: string): Head {
  const outputs = [...new Set(parts.flatMap(({ scores, distances }) => [scores.name, distances.name]))];
  return {
    kind: 'boxes', name: offset === 0 ? 'NanoDet-Plus' : 'NanoDet', because, stated: parts[0]!.scores.stated?.format === 'nanodet', outputs, classes, threshold: 0.4, suppress: true,
    read: (values, least) => read(parts, values, facts, { classes, bins, offset }, least),
  };
}

function read(parts: readonly Part[], values: ReadonlyMap<string, Values>, { width, height }: ModelFacts, { classes, bins, offset }: { classes: number; bins: number; offset: number }, least: number): Reading {
  const boxes = new Collector(), notes = new Set<string>();
  for (const { scores, distances, from, levels } of parts) {
    const rows = new Rows(scores, values.get(scores.name)!, rowMajor(scores.dims[1]!, scores.dims[2]!)), sides = new Rows(distances, values.get(distances.name)!, rowMajor(distances.dims[1]!, distances.dims[2]!));
    const scorer = classScores(rows, 0, classes);
    for (const note of scorer.notes) notes.add(note);
    let row = 0;
    for (const level of levels) {
      for (let cell = 0; cell < level.height * level.width; cell++, row++) {
        const { score, classIndex, evidence, caveat } = scorer.of(row);
        if (!(score >= least) || !boxes.wants(score)) continue;
        const x = ((cell % level.width) + offset) * level.stride, y = (Math.floor(cell / level.width) + offset) * level.stride;
        const [left, top, right, bottom] = [0, 1, 2, 3].map((side) => meanBin(sides, row, from + side * bins, bins) * level.stride) as [number, number, number, number];
        const box: Box = { x0: (x - left) / width, y0: (y - top) / height, x1: (x + right) / width, y1: (y + bottom) / height, score, classIndex, evidence: evidence(), ...(caveat !== undefined && { caveat }) };
        boxes.add(box);
      }
    }
  }
  return { boxes: boxes.list(), notes: [...notes, ...boxes.notes()] };
}

/** Σ i·softmax(x)_i over the bins of one side. */
function meanBin(rows: Rows, row: number, from: number, bins: number): number {
  const { value: most } = rows.best(row, from, bins);
  let sum = 0, mean = 0;
  for (let bin = 0; bin < bins; bin++) {
    const weight = Math.exp(rows.get(row, from + bin) - most);
    sum += weight;
    mean += bin * weight;
  }
  return mean / sum;
}
