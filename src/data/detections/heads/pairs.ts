/**
 * Heads with boxes and scores in outputs of their own.
 *   boxes [1, N, 4] (or [1, N, 1, 4]) and scores [1, N, C]: SSD with its decoding inside (Liu et al. 2016), UltraFace,
 *     YOLOv4 for ONNX; corners or centres are told by their order
 *   logits [1, Q, C + 1] and boxes [1, Q, 4] as centres: DETR (Carion et al. 2020, arXiv 2005.12872); RT-DETR with sigmoids
 *   loc, conf (and landmarks) relative to priors: RetinaFace (Deng et al. 2019, arXiv 1905.00641)
 */
import type { Head, ModelFacts, OutputFacts, Reading } from '../head';
import { rowMajor, Rows } from '../rows';
import { Collector } from '../suppress';
import { areFractions, cornersAt, scaled, shareOrdered, type BoxOrder, type Corners } from './corners';
import { classScores, exclusiveScores, type Scorer } from './scores';

interface Pair {
  readonly boxes: OutputFacts;
  readonly scores: OutputFacts;
  readonly count: number;
  readonly channels: number;
}

export function pairs(facts: ModelFacts): Head | undefined {
  const pair = pairOf(facts);
  if (!pair) return undefined;
  const { boxes, scores, count, channels } = pair, names = `${boxes.name} ${scores.name}`;
  const priors = retinaPriors(facts.height, facts.width);
  const retina = channels === 2 && priors.length === count && !/^boxes$/i.test(boxes.name);
  const detr = !retina && count <= 1000 && (/logits/i.test(scores.name) || /pred_boxes/i.test(names));
  const ultraFace = !retina && channels === 2;
  // DETR's last class is "no object"; SSD's first is the background; sigmoid heads have neither.
  const labels = scores.labels?.length ?? facts.labels?.length;
  const nothing = retina || ultraFace ? 'first' : detr ? ([80, 81, 90, 365, labels].includes(channels) && channels !== 91 && channels !== 92 ? undefined : 'last') : [81, 21, 91].includes(channels) || labels === channels - 1 ? 'first' : undefined;
  const classes = channels - (nothing ? 1 : 0), exclusive = nothing !== undefined;
  const kind = retina ? 'RetinaFace' : detr ? 'DETR' : ultraFace ? 'an SSD for faces (UltraFace)' : 'SSD';
  return {
    kind: 'boxes', name: kind, stated: scores.stated?.format !== undefined, outputs: [scores.name, boxes.name], classes,
    ...(retina || ultraFace ? { labels: ['face'] } : {}),
    because: `'${boxes.name}' [${boxes.dims.join(', ')}] holds ${count} boxes and '${scores.name}' [${scores.dims.join(', ')}] ${channels} scores for each${retina ? `, as many as RetinaFace has priors on ${facts.width}×${facts.height}` : ''}`,
    threshold: detr || retina || ultraFace ? 0.6 : 0.4, suppress: !detr,
    read: (values, least) => {
      const sorted = new Rows(scores, values.get(scores.name)!, rowMajor(count, channels)), corners = new Rows(boxes, values.get(boxes.name)!, rowMajor(count, 4));
      const scorer = exclusive ? exclusiveScores(sorted, 0, channels, nothing) : classScores(sorted, 0, channels);
      return retina ? collect(count, scorer, (row) => fromPrior(corners, row, priors[row]!), least, []) : decoded(corners, count, scorer, facts, detr, names, least);
    },
  };
}

function pairOf({ outputs }: ModelFacts): Pair | undefined {
  const squeezed = (output: OutputFacts): readonly number[] => (output.dims.length === 4 && output.dims[2] === 1 ? [output.dims[0]!, output.dims[1]!, output.dims[3]!] : output.dims);
  const lists = outputs.filter((output) => squeezed(output).length === 3 && output.dims[0] === 1 && /^float/.test(output.dtype));
  const boxes = lists.filter((output) => squeezed(output)[2] === 4);
  const named = boxes.find(({ name }) => /box|loc/i.test(name)) ?? (boxes.length === 1 ? boxes[0] : undefined);
  if (!named) return undefined;
  const count = squeezed(named)[1]!;
  if (count < 10) return undefined;
  const others = lists.filter((output) => output !== named && squeezed(output)[1] === count && squeezed(output)[2]! >= 1 && squeezed(output)[2] !== 10);
  const scores = others.find(({ name }) => /score|conf|logit|class|cls|prob/i.test(name)) ?? (others.length === 1 ? others[0] : undefined);
  return scores && { boxes: named, scores, count, channels: squeezed(scores)[2]! };
}

function decoded(corners: Rows, count: number, scorer: Scorer, { width, height }: ModelFacts, detr: boolean, names: string, least: number): Reading {
  const ordered = shareOrdered(corners, 0), fractions = areFractions(corners, 0), notes: string[] = [];
  const tensorFlow = /detection_|raw_|concat|StatefulPartitionedCall|TFLite/i.test(names);
  if (!detr && ordered < 0.9) {
    const negative = [0, 1, 2, 3].some((channel) => corners.range(channel).least < -1);
    // Offsets relative to priors have signs; centres and sizes of boxes within a picture have none.
    if (negative) return { boxes: [], notes: ['the boxes are offsets relative to priors that are not in the output, so they cannot be drawn'] };
    notes.push('the third and fourth numbers are often below the first and second, so boxes are read as centre and size');
  }
  const order: BoxOrder = detr || ordered < 0.9 ? 'centre' : tensorFlow ? 'y0x0y1x1' : 'x0y0x1y1';
  const reading = collect(count, scorer, (row) => scaled(cornersAt(corners, row, 0, order), fractions ? 1 : 1 / width, fractions ? 1 : 1 / height), least, notes);
  return reading;
}

function collect(count: number, scorer: Scorer, cornersOf: (row: number) => Corners, least: number, notes: readonly string[]): Reading {
  const boxes = new Collector();
  for (let row = 0; row < count; row++) {
    const { score, classIndex, evidence, caveat } = scorer.of(row);
    if (score >= least && boxes.wants(score)) boxes.add({ ...cornersOf(row), score, classIndex, evidence: evidence(), ...(caveat !== undefined && { caveat }) });
  }
  return { boxes: boxes.list(), notes: [...scorer.notes, ...notes, ...boxes.notes()] };
}

interface Prior { readonly cx: number; readonly cy: number; readonly w: number; readonly h: number }

/** RetinaFace's priors: two squares a cell on strides 8, 16, 32, as fractions of the picture. */
function retinaPriors(height: number, width: number): Prior[] {
  const priors: Prior[] = [];
  if (height * width > 4096 * 4096) return priors;
  for (const [stride, sizes] of [[8, [16, 32]], [16, [64, 128]], [32, [256, 512]]] as const) {
    for (let y = 0; y < Math.ceil(height / stride); y++) for (let x = 0; x < Math.ceil(width / stride); x++) for (const size of sizes) priors.push({ cx: (x + 0.5) * stride / width, cy: (y + 0.5) * stride / height, w: size / width, h: size / height });
  }
  return priors;
}

/** Variances 0.1 and 0.2, as SSD and RetinaFace have them. */
function fromPrior(rows: Rows, row: number, { cx, cy, w, h }: Prior): Corners {
  const x = cx + rows.get(row, 0) * 0.1 * w, y = cy + rows.get(row, 1) * 0.1 * h, width = w * Math.exp(rows.get(row, 2) * 0.2), height = h * Math.exp(rows.get(row, 3) * 0.2);
  return { x0: x - width / 2, y0: y - height / 2, x1: x + width / 2, y1: y + height / 2 };
}

