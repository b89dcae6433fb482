import { rankAgreement, strengths, topOverlap } from '../../metrics/agreement';
import { methodById } from '../../methods/registry';
import type { ExplainParams } from '../../protocol/engine';
import { LensError, toWireError, type JobContext } from '../../protocol/rpc';
import type { AgreementParams, AgreementRow } from '../../protocol/trust';
import type { Engine } from '../engine';
import { mapOf } from '../maps';
import { Stopwatch, Warnings } from '../prepare';
import { readyExplanation } from '../readyExplanation';
import { sentence } from '../situation';
import { attributionOf } from '../trustSubject';

const mostMethods = 32;

/** How much methods agree about one prediction: every method's map compared with those before it, row by row. Works in the background. */
export async function agreement(engine: Engine, { methods, ...explanation }: AgreementParams, { signal, progress }: JobContext<AgreementRow>): Promise<readonly AgreementRow[]> {
  if (methods.length > mostMethods) throw new LensError('badInput', `${methods.length} methods were to be compared, expected at most ${mostMethods}`);
  const maps: (Float32Array | undefined)[] = [], rows: AgreementRow[] = [];
  for (const id of methods) {
    await engine.turns.quiet(signal);
    const { title } = methodById(id);
    let reason: string | undefined, own: Float32Array | undefined;
    try {
      own = await strengthsBy(engine, { ...explanation, method: id }, signal);
      const other = maps.find((map) => map !== undefined);
      if (other && other.length !== own.length) own = undefined;
      if (!own) reason = 'Its map has another size.';
    } catch (error) {
      if (signal.aborted) throw error;
      reason = sentence(toWireError(error).message);
    }
    const compare = (by: (a: Float32Array, b: Float32Array) => number): (number | null)[] => [...maps.map((map) => (map && own ? by(map, own) : null)), own ? 1 : null];
    const row: AgreementRow = { method: id, title, rank: compare(rankAgreement), overlap: compare(topOverlap), ...(reason !== undefined && { reason }) };
    maps.push(own);
    rows.push(row);
    progress(row);
  }
  return rows;
}

async function strengthsBy(engine: Engine, params: ExplainParams, signal: AbortSignal): Promise<Float32Array> {
  const ready = await readyExplanation(engine, params, signal, new Warnings(), new Stopwatch());
  const { values } = await attributionOf(engine, ready);
  if (!values) throw new LensError('unsupported', `${ready.method.title} makes no map`);
  return strengths(mapOf(ready.method, ready.parameters, values, ready.context.layout).values);
}
