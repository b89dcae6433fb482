/** One input explained by two models: the same class, by the same method, and how the two explanations differ. */
import path from 'node:path';
import type { ClassScore, ExplainParams, ExplainResult } from '../../protocol/engine';
import type { PairClass, PairRequests, PairResult } from '../../protocol/pair';
import { LensError, type JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { mapsApart } from '../pair/difference';
import { explain } from './explain';

type Params = PairRequests['explainPair']['params'];

export async function explainPair(engine: Engine, { a, b, ...params }: Params, { signal, progress }: JobContext<PairRequests['explainPair']['progress']>): Promise<PairResult> {
  const notes: string[] = [];
  const run = async (side: 'a' | 'b', asked: ExplainParams): Promise<ExplainResult> => (await explain(engine, asked, { signal, progress: (value) => progress({ side, value }) })).result;
  const first = await run('a', { ...params, model: a });
  const second = await sameClass(params, first, b, notes, (asked) => run('b', asked));
  const { frame: frameA } = first.record, { frame: frameB } = second.record;
  const apart = first.map && second.map && mapsApart(first.map, second.map, frameA && frameB && { a: frameA, b: frameB });
  if (frameA && frameB && ['left', 'top', 'width', 'height'].some((side) => Math.abs(frameA[side as 'left'] - frameB[side as 'left']) > 1)) notes.push('The models see different parts of the picture; maps are compared where both look.');
  const [wordsA, wordsB] = [first, second].map(({ record }) => record.preprocessing.map(({ words }) => words).join('; '));
  if (wordsA !== wordsB) notes.push(`The picture is prepared differently: ${wordsA} for the first model, ${wordsB} for the second.`);
  const [topA, topB] = [first.record.prediction.top[0], second.record.prediction.top[0]];
  return {
    a: first, b: second, ...(apart && { difference: apart.difference, figures: apart.figures }),
    classes: classesOf(first.record.prediction.top, second.record.prediction.top), kinds: { a: first.record.prediction.kind, b: second.record.prediction.kind },
    ...(topA && topB && { sameClass: same(topA, topB) }), notes,
  };
}

/**
 * The class that the first model's explanation is about, in the second model: by its label where both have labels, else
 * by its index. Where the second does not have it, its own most likely class is explained, and that is noted.
 */
async function sameClass(params: Omit<Params, 'a' | 'b'>, first: ExplainResult, model: string, notes: string[], run: (asked: ExplainParams) => Promise<ExplainResult>): Promise<ExplainResult> {
  const { target, prediction } = first.record;
  if (target.text !== undefined || params.target?.class !== undefined) return run({ ...params, model });
  const label = prediction.labelSource !== null && target.label !== '' ? target.label : undefined;
  for (const wanted of [...(label === undefined ? [] : [label]), target.index]) {
    try {
      return await run({ ...params, model, target: { ...params.target, class: wanted } });
    } catch (error) {
      if (!(error instanceof LensError) || (error.code !== 'notFound' && error.code !== 'badInput')) throw error;
    }
  }
  notes.push(`${path.basename(model)} has no class ${label === undefined ? target.index : `'${label}'`}: its own most likely class is explained.`);
  return run({ ...params, model });
}

/** By their names, where both have one: one model may count a background class before the others. */
function same(a: ClassScore, b: ClassScore): boolean {
  return a.label !== '' && b.label !== '' ? a.label === b.label : a.index === b.index;
}

/** The first model's classes in its order, then those that only the second names; places, because scores have no common unit. */
function classesOf(a: readonly ClassScore[], b: readonly ClassScore[]): PairClass[] {
  const value = (score: ClassScore | undefined): number | null => (score ? score.probability ?? score.value : null);
  const all = [...a, ...b.filter((score) => !a.some((other) => same(score, other)))];
  return all.map((score): PairClass => {
    const inA = a.find((other) => same(score, other)), inB = b.find((other) => same(score, other));
    return { label: score.label, index: score.index, a: value(inA), b: value(inB) };
  });
}
