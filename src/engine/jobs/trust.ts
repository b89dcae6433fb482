import { describeMetric, measure, type Figure, type Skipped } from '../../metrics/figure';
import type { Metric } from '../../metrics/metric';
import { findMetric, metrics } from '../../metrics/registry';
import { judge } from '../../metrics/verdict';
import { LensError, toWireError, type JobContext } from '../../protocol/rpc';
import type { TrustParams, TrustProgress, TrustResult } from '../../protocol/trust';
import type { Engine } from '../engine';
import { Stopwatch, Warnings } from '../prepare';
import { readyExplanation } from '../readyExplanation';
import { sentence } from '../situation';
import { attributionOf, trustSubject, type Outcome } from '../trustSubject';

/** Least time between two reports of how far a figure is. */
const runningMs = 200;

/**
 * Measures how far a map can be trusted, one figure after the other, the cheap ones first. Works in the background: it
 * waits whenever somebody waits for an answer of this process.
 * @param given the map, where it was made before (read from a file); default: what `explain` makes of the parameters.
 */
export async function trust(engine: Engine, { metrics: wanted, mask, known = [], ...explanation }: TrustParams, { signal, progress }: JobContext<TrustProgress>, given?: Outcome): Promise<TrustResult> {
  const chosen = choose(wanted), watch = new Stopwatch();
  const ready = await readyExplanation(engine, explanation, signal, new Warnings(), watch);
  const { subject, map, close } = await trustSubject(engine, ready, given ?? await attributionOf(engine, ready), mask);
  try {
    const skipped: Skipped[] = [], planned: Metric[] = [], figures: Figure[] = [];
    for (const metric of chosen) {
      const { applies, reason = '' } = metric.applies(subject);
      if (applies) planned.push(metric);
      else skipped.push({ ...describeMetric(metric), reason });
    }
    progress({ type: 'planned', metrics: planned.map(describeMetric), skipped: [...skipped] });
    for (const metric of planned) {
      await engine.turns.quiet(signal);
      try {
        const figure = await measured(metric, measure(metric, subject, map), progress);
        figures.push(figure);
        progress({ type: 'figure', figure, verdict: judge([...known, ...figures]) });
      } catch (error) {
        if (signal.aborted) throw error;
        const missed: Skipped = { ...describeMetric(metric), reason: sentence(toWireError(error).message) };
        skipped.push(missed);
        progress({ type: 'skipped', skipped: missed });
      }
    }
    return { figures, skipped, verdict: judge([...known, ...figures]), milliseconds: Math.round(watch.total()) };
  } finally {
    await close();
  }
}

async function measured(metric: Metric, run: AsyncGenerator<number, Figure, void>, progress: (value: TrustProgress) => void): Promise<Figure> {
  let last = -Infinity;
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
    if (performance.now() - last < runningMs) continue;
    last = performance.now();
    progress({ type: 'running', metric: metric.id, done: step.value });
  }
}

function choose(wanted: readonly string[] | undefined): readonly Metric[] {
  const unknown = wanted?.find((id) => !findMetric(id));
  if (unknown !== undefined) throw new LensError('badInput', `figure '${unknown}': not found, expected one of ${metrics.map(({ id }) => id).join(', ')}`);
  return wanted ? metrics.filter(({ id }) => wanted.includes(id)) : metrics;
}
