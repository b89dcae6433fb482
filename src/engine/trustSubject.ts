/** An explanation as its figures of trust see it: the subject, and the map with the ways to make it again. */
import type { Candidate, Subject } from '../metrics/metric';
import type { Attribution, MethodContext } from '../methods/method';
import { pictureShape } from '../methods/picture';
import { LensError } from '../protocol/rpc';
import type { FloatTensor } from '../tensor/tensor';
import type { Engine } from './engine';
import { mapOf } from './maps';
import { maskCells } from './mask';
import { RandomisedWeights } from './randomised';
import { explanationKey, type ReadyExplanation } from './readyExplanation';
import { RuntimeModel } from './runtimeModel';
import { Sessions } from './sessions';
import { inBackground } from './turns';

/** What an explanation came out as. */
export type Outcome = Pick<Attribution, 'values' | 'checks'>;

export interface TrustSubject {
  readonly subject: Subject;
  readonly map: Candidate;
  /** Releases the sessions of models with random weights. */
  close(): Promise<void>;
}

/** Randomised models are run once each: their sessions must not push others out. */
const randomSessions = 2;

/** The attribution made last of the same parameters, else made now, in the background. */
export async function attributionOf(engine: Engine, ready: ReadyExplanation): Promise<Attribution> {
  const kept = engine.attributions.get(explanationKey(ready));
  return kept ? kept.attribution : runMethod(ready, { ...ready.context, model: inBackground(ready.context.model, engine.turns, ready.context.signal) });
}

/** Runs a method to its end. */
export async function runMethod({ method }: Pick<ReadyExplanation, 'method'>, context: MethodContext): Promise<Attribution> {
  const run = method.explain(context);
  for (;;) {
    const step = await run.next();
    context.signal.throwIfAborted();
    if (step.done) return step.value;
  }
}

/** @throws LensError where there is no map over the input, or the mask does not fit. */
export async function trustSubject(engine: Engine, ready: ReadyExplanation, outcome: Outcome, mask: string | undefined): Promise<TrustSubject> {
  const { method, parameters, prepared, prediction, input } = ready;
  const { signal } = ready.context, { values } = outcome;
  const dims = ready.context.feeds[ready.context.input]!.dims;
  if (!values || values.dims.join() !== dims.join()) {
    throw new LensError('unsupported', `${method.title} gives no value for every part of the input, so there is no map to measure`);
  }
  // Methods are asked in the background; the layer is named, so that it stays the same whatever the weights.
  const context: MethodContext = { ...ready.context, model: inBackground(ready.context.model, engine.turns, signal), ...(ready.layer !== undefined && { layer: ready.layer }) };
  const cellsOf = (tensor: FloatTensor): Float32Array => mapOf(method, parameters, tensor, context.layout).values;
  const valuesFrom = async (changed: MethodContext): Promise<FloatTensor> => (await runMethod(ready, changed)).values!;

  const sessions = new Sessions({ maximumCount: randomSessions });
  const original = ready.context.model, runnable = original instanceof RuntimeModel ? original : undefined;
  const weights = runnable && new RandomisedWeights(prepared.opened.runnable, prepared.opened.inference, context.target.output, ready.seed);
  const underRandomWeights = async (stage: number, draw: number): Promise<FloatTensor> => {
    const file = await weights!.at(stage, draw, signal), identity = `${prepared.opened.identity}\0random ${ready.seed} ${stage} ${draw}`;
    const twin = runnable!.withFile(file, identity, sessions);
    return valuesFrom({ ...context, model: inBackground(twin, engine.turns, signal) });
  };

  const shape = dims.length === 4 && context.kind === 'image' ? pictureShape(dims, context.layout, method.title) : undefined;
  const cells = shape ? shape.width * shape.height : values.data.length;
  const subject: Subject = {
    model: context.model, feeds: context.feeds, input: context.input, kind: context.kind, layout: context.layout, target: context.target,
    tensors: context.tensors, seed: ready.seed, signal, ...(shape && { shape }), cells,
    isClass: prediction.kind === 'probabilities' && prediction.output === context.target.output && !context.target.combine,
    attributions: values, checks: outcome.checks,
    ...(mask !== undefined && { mask: await maskCells(mask, shape, input.frame) }),
    ...(weights ? { randomStages: weights.stages, ...(weights.obstacle !== undefined && { notRandomised: weights.obstacle }) } : { notRandomised: 'The model does not run on ONNX Runtime, so its weights cannot be replaced.' }),
  };
  const map: Candidate = {
    kind: 'map', values, cells: shape ? cellsOf(values) : values.data, underRandomWeights,
    again: (data) => valuesFrom({ ...context, feeds: { ...context.feeds, [context.input]: { dtype: 'float32', dims, data } } }),
  };
  return { subject, map, close: () => sessions.releaseAll() };
}
