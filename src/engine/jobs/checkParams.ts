/** What a request must hold before its job looks at it: requests come from pages, and what a page sends is not to be trusted. */
import type { EngineMethod } from '../../protocol/engine';
import { LensError } from '../../protocol/rpc';

/** Texts that a job cannot do without. */
const texts: Partial<Record<EngineMethod, readonly string[]>> = {
  inspect: ['file'], picture: ['file'], outline: ['file'], layerDetails: ['file', 'key'], tensorDetails: ['file', 'id'], saveTensor: ['file', 'id', 'to'],
  lookUp: ['file', 'name'], names: ['file', 'part'], analyseSource: ['language', 'text'], compare: ['a', 'b'], again: ['file'], kept: ['file'], keep: ['to'], keepTable: ['to'],
  listPictures: ['folder'], keptPicture: ['folder'], explainMany: ['model', 'folder', 'method'], explainPair: ['a', 'b', 'method'], predict: ['model'], explain: ['model', 'method'],
  estimates: ['model'], layerMaps: ['model'], preprocessings: ['model'], inputPicture: ['model'], savePreprocessing: ['model'], whatIf: ['model'], regions: ['model'],
  trust: ['model', 'method'], agreement: ['model'], detections: ['model'], nodePlacement: ['model', 'device'],
  installCuda: ['archive', 'sha512', 'folder'], openTable: ['model', 'file'], explainTable: ['model', 'file', 'method'], predictRows: ['model', 'file'], tableRows: ['model', 'file'], tableQuality: ['model', 'file'], tableRowAt: ['file'],
};

/** Jobs over one sample. */
const samples: readonly EngineMethod[] = ['predict', 'explain', 'explainPair', 'layerMaps', 'preprocessings', 'inputPicture', 'whatIf', 'regions', 'trust', 'agreement', 'detections'];

const spaces = ['logit', 'probability', 'output'];

/** @throws LensError naming the parameter, what was found and what was expected. */
export function checkParams(job: EngineMethod, params: unknown): void {
  const of = record(params, `the parameters of ${job}`);
  for (const name of texts[job] ?? []) text(of[name], name);
  if (samples.includes(job)) {
    for (const [input, file] of Object.entries(record(of.inputs, 'inputs'))) text(file, `inputs '${input.slice(0, 60)}'`);
  }
  if (job === 'devices' && of.model !== undefined) text(of.model, 'model');
  if (!samples.includes(job) && job !== 'explainMany') return;
  if (of.parameters !== undefined) record(of.parameters, 'parameters');
  if (of.target !== undefined) checkTarget(record(of.target, 'target'));
}

function checkTarget(target: Readonly<Record<string, unknown>>): void {
  for (const name of ['output', 'reference']) if (target[name] !== undefined) text(target[name], `target.${name}`);
  if (target.class !== undefined && typeof target.class !== 'number') text(target.class, 'target.class');
  if (target.space !== undefined && !spaces.includes(target.space as string)) throw wrong('target.space', target.space, spaces.join(', '));
}

function record(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(name, value, 'an object');
  return value as Readonly<Record<string, unknown>>;
}

function text(value: unknown, name: string): void {
  if (typeof value !== 'string') throw wrong(name, value, 'a text');
}

function wrong(name: string, value: unknown, expected: string): LensError {
  const found = typeof value === 'string' ? `'${value.slice(0, 60)}'` : typeof value === 'object' && value !== null ? (Array.isArray(value) ? 'a list' : 'an object') : String(value);
  return new LensError('badInput', `${name}: found ${found}, expected ${expected}`);
}
