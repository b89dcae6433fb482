import { findTensor } from '../../graph/storedTensors';
import type { DetailsRequests, TensorDetails } from '../../protocol/details';
import { LensError, type JobContext } from '../../protocol/rpc';
import { openContent } from '../details/content';
import { figuresOf, type Figures } from '../details/figures';
import { readSlice } from '../details/slice';
import { filterTiles } from '../details/tiles';
import type { Engine } from '../engine';
import type { OpenedModel } from '../models';

const defaultBins = 64, maximumBins = 1024;
const maximumKept = 64;

type Looked = Figures & { readonly tiles: TensorDetails['tiles'] };

/** What was found over whole tensors; another slice of one must not read it all again. Gone with the model. */
const looked = new WeakMap<OpenedModel, Map<string, Looked>>();

/** A look at a stored tensor: figures over all of it, and a slice. Reads the tensor's bytes, in pieces, and no others. */
export async function tensorDetails(engine: Pick<Engine, 'models'>, params: DetailsRequests['tensorDetails']['params'], { signal, progress }: JobContext<DetailsRequests['tensorDetails']['progress']>): Promise<TensorDetails> {
  const { file, id, bins = defaultBins } = params;
  if (!(Number.isInteger(bins) && bins >= 1 && bins <= maximumBins)) throw new LensError('badInput', `bins is ${bins}, expected a whole number from 1 to ${maximumBins}`);
  const opened = await engine.models.open(file);
  const found = findTensor(opened.file, opened.inference, id);
  if (!found) throw new LensError('notFound', `the model has no stored tensor '${id}'`, 'the file may have changed: open it again');
  const content = await openContent(found.name, found.init);
  // The slice first: a wrong index is said before anything long begins.
  const slice = await readSlice(content, params);
  const kept = looked.get(opened) ?? new Map<string, Looked>();
  looked.set(opened, kept);
  const key = `${bins} ${id}`;
  let whole = kept.get(key);
  if (!whole) {
    const figures = await figuresOf(content, bins, signal, (done, total) => progress({ done, total }));
    whole = { ...figures, tiles: await filterTiles(content, found.filters) };
    if (kept.size >= maximumKept) kept.delete(kept.keys().next().value!);
    kept.set(key, whole);
  }
  const { statistics, histogram, tiles } = whole;
  return { id, name: found.name, dtype: content.dtype, dims: content.dims, count: content.count, statistics, histogram, slice, ...(tiles && { tiles }) };
}
