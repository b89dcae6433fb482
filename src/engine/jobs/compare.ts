import { readInitializer } from '../../formats/readTensor';
import { architectureView } from '../../graph/architecture';
import { alignModels, finish, type Alignment, type Side } from '../../graph/compare/compare';
import { summarise } from '../../graph/summarise';
import type { ModelSummary } from '../../graph/summary';
import type { CompareRequests, CompareResult } from '../../protocol/compare';
import { throwIfAborted, type JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';
import type { OpenedModel } from '../models';

type Progress = CompareRequests['compare']['progress'];

/** Least time between two counts: nobody reads faster. */
const countMs = 100;

/** Both models opened and lined up, for those in the same process who want more than the comparison. */
export interface Aligned {
  readonly alignment: Alignment;
  readonly a: OpenedModel;
  readonly b: OpenedModel;
}

/** Two models side by side: structure, and with `weights` how far apart what they store is. Reads piece by piece. */
export async function compare(engine: Pick<Engine, 'models'>, params: CompareRequests['compare']['params'], context: Pick<JobContext<Progress>, 'signal' | 'progress'>): Promise<CompareResult> {
  return finishCompare(await alignFiles(engine, params.a, params.b, context.signal), params.weights, context);
}

/** The last alignment of each model, as long as the model itself is kept. */
const alignments = new WeakMap<OpenedModel, WeakMap<OpenedModel, Alignment>>();

/** @throws the reader's error for a file that is no model. */
export async function alignFiles(engine: Pick<Engine, 'models'>, first: string, second: string, signal: AbortSignal): Promise<Aligned> {
  const a = await engine.models.open(first);
  throwIfAborted(signal);
  const b = await engine.models.open(second);
  throwIfAborted(signal);
  // The weights are asked for after the structure: the same two models line up as they did.
  const known = alignments.get(a)?.get(b);
  if (known) return { alignment: known, a, b };
  const [sideA, sideB] = [sideOf(a), sideOf(b)];
  await breath();
  throwIfAborted(signal);
  const alignment = alignModels(sideA, sideB);
  alignments.set(a, new WeakMap([[b, alignment]]));
  await breath();
  throwIfAborted(signal);
  return { alignment, a, b };
}

export async function finishCompare({ alignment, a, b }: Aligned, weights: boolean, { signal, progress }: Pick<JobContext<Progress>, 'signal' | 'progress'>): Promise<CompareResult> {
  let last = -Infinity;
  const comparison = await finish(alignment, weights ? {
    read: readInitializer,
    progress: (done, total) => {
      throwIfAborted(signal);
      const now = performance.now();
      if (now - last < countMs && done < total) return;
      last = now;
      progress({ done, total });
    },
  } : undefined);
  return { a: facts(a, alignment.a.side), b: facts(b, alignment.b.side), ...comparison };
}

/** Lets a cancel be heard between two stretches of work. */
function breath(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sideOf({ file, inference }: OpenedModel): Side {
  return { model: file, inference, summary: summarise(file, inference), view: architectureView(file, inference) };
}

function facts({ file, bytes }: OpenedModel, { summary }: Side): CompareResult['a'] {
  const { layers: _, ...rest } = summary;
  return { file: file.file, bytes, summary: rest satisfies Omit<ModelSummary, 'layers'> };
}
