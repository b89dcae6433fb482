/** One finished figure: the explanation's, and the same for maps that know nothing of the model. */
import type { Candidate, Curve, Measured, Metric, MetricDescription, Subject } from './metric';
import { edgeCandidate, randomCandidate } from './references';

/** Beside the other maps: clearly better than all of one kind, clearly worse, or neither. */
export type Standing = 'better' | 'same' | 'worse';

export interface Figure extends MetricDescription {
  readonly value: number;
  /** Mean over the maps drawn at random, and each of them. */
  readonly random?: number;
  readonly randomDraws?: readonly number[];
  readonly edges?: number;
  readonly againstRandom?: Standing;
  readonly againstEdges?: Standing;
  /** For figures with a bound of their own. */
  readonly passes?: boolean;
  readonly curves?: { readonly map: Curve; readonly random?: Curve; readonly edges?: Curve };
  readonly details: Readonly<Record<string, number>>;
  readonly milliseconds: number;
}

export interface Skipped extends MetricDescription {
  /** One sentence. */
  readonly reason: string;
}

export function describeMetric({ id, title, about, property, better, source, slow, range }: Metric): MetricDescription {
  return { id, title, about, property, better, source, slow, ...(range && { range }) };
}

/** Measures the map, then the maps beside it. Yields the share done, 0…1. Throws the signal's reason once cancelled. */
export async function* measure(metric: Metric, subject: Subject, map: Candidate): AsyncGenerator<number, Figure, void> {
  const start = performance.now();
  const random = Array.from({ length: metric.beside.random }, (_, draw) => randomCandidate(subject, map, draw));
  const edges = metric.beside.edges ? edgeCandidate(subject) : undefined;
  const all = [map, ...random, ...(edges ? [edges] : [])], measured: Measured[] = [];
  for (const [index, candidate] of all.entries()) {
    const run = metric.compute(subject, candidate);
    for (;;) {
      const step = await run.next();
      subject.signal.throwIfAborted();
      if (step.done) {
        measured.push(step.value);
        break;
      }
      yield (index + step.value.done / step.value.total) / all.length;
    }
  }
  const [own, ...others] = measured as [Measured, ...Measured[]];
  const draws = others.slice(0, random.length), edge = edges && others.at(-1);
  const drawn = draws.map(({ value }) => value);
  return {
    ...describeMetric(metric), value: own.value,
    ...(drawn.length > 0 && { random: mean(drawn), randomDraws: drawn, againstRandom: standing(metric, own.value, drawn) }),
    ...(edge && { edges: edge.value, againstEdges: standing(metric, own.value, [edge.value]) }),
    ...(metric.passes && { passes: metric.passes(own.value) }),
    ...(own.curve && { curves: { map: own.curve, ...(draws[0]?.curve && { random: meanCurve(draws.map(({ curve }) => curve!)) }), ...(edge?.curve && { edges: edge.curve }) } }),
    details: own.details ?? {}, milliseconds: Math.round(performance.now() - start),
  };
}

/** Differences below this share of the larger figure are none. */
const clear = 0.02;

/** Better or worse than every one of the others, and not by a hair. */
export function standing({ better }: Pick<Metric, 'better'>, value: number, others: readonly number[]): Standing {
  const sign = better === 'higher' ? 1 : -1;
  const gaps = others.map((other) => (sign * (value - other)) / (Math.max(Math.abs(value), Math.abs(other)) || 1));
  if (gaps.every((gap) => gap > clear)) return 'better';
  return gaps.every((gap) => gap < -clear) ? 'worse' : 'same';
}

function mean(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Curves over the same places. */
function meanCurve(curves: readonly Curve[]): Curve {
  return { x: curves[0]!.x, y: curves[0]!.y.map((_, point) => mean(curves.map(({ y }) => y[point]!))) };
}
