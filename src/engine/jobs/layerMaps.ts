import { NotDifferentiable } from '../../autodiff/rule';
import { channelMeans, gridOf, weightedSum, type Grid } from '../../methods/cam';
import type { MethodContext } from '../../methods/method';
import type { SpatialLayer } from '../../methods/model';
import type { LayerMap, LayerMapRequests } from '../../protocol/layerMaps';
import { throwIfAborted, type JobContext } from '../../protocol/rpc';
import { averaged } from '../../tensor/resample';
import type { Engine } from '../engine';
import { Stopwatch, Warnings } from '../prepare';
import { readyExplanation } from '../readyExplanation';

/** Cells of a small map's longer side: a thumbnail shows no more. */
const largestSide = 56;
/** Bytes of activations and gradients that one run may hand out. */
const bytesPerRun = 64 * 2 ** 20;
const mostLayers = 400;

type Request = LayerMapRequests['layerMaps'];

/**
 * Grad-CAM (activations times mean gradients) of every layer with a grid over the picture, from as few runs as memory
 * allows: one gradient leads to many layers. Where the target has no gradient, the mean absolute activation.
 */
export async function layerMaps(engine: Engine, params: Request['params'], { signal, progress }: JobContext<Request['progress']>): Promise<Request['result']> {
  const { context } = await readyExplanation(engine, { ...params, method: 'grad-cam' }, signal, new Warnings(), new Stopwatch());
  const layers = (await context.model.spatialLayers(context.target)).filter(({ width, height }) => width * height > 1).slice(-mostLayers).reverse();
  for (const run of runs(layers)) {
    throwIfAborted(signal);
    progress({ maps: await mapsOf(context, run) });
  }
  return { layers: layers.length };
}

/** The layers cut into runs by the bytes each hands out. */
function runs(layers: readonly SpatialLayer[]): SpatialLayer[][] {
  const cut: SpatialLayer[][] = [];
  let bytes = Infinity;
  for (const layer of layers) {
    const own = 2 * 4 * layer.channels * (layer.width * layer.height + layer.prefixTokens);
    if (bytes + own > bytesPerRun) {
      cut.push([]);
      bytes = 0;
    }
    cut.at(-1)!.push(layer);
    bytes += own;
  }
  return cut;
}

async function mapsOf({ model, feeds, target }: MethodContext, layers: readonly SpatialLayer[]): Promise<LayerMap[]> {
  const names = layers.map(({ value }) => value);
  try {
    const { gradients, values } = await model.gradients({ feeds, target, wrt: names, fetch: names });
    return layers.map((layer) => {
      const activations = gridOf(values[layer.value]!, layer);
      return small(layer, weightedSum(activations, channelMeans(gridOf(gradients[layer.value]!, layer))), 'grad-cam');
    });
  } catch (error) {
    if (!(error instanceof NotDifferentiable)) throw error;
    const values = await model.run(feeds, names);
    return layers.map((layer) => small(layer, meanActivation(gridOf(values[layer.value]!, layer)), 'activation'));
  }
}

/** Mean over channels of |A_c|, [cells]. */
function meanActivation({ channels, values }: Grid): Float32Array {
  const cells = values.length / channels, mean = new Float32Array(cells);
  for (let at = 0; at < values.length; at++) mean[at % cells]! += Math.abs(values[at]!) / channels;
  return mean;
}

function small({ value, width: gridWidth, height: gridHeight, channels }: SpatialLayer, map: Float32Array, kind: LayerMap['kind']): LayerMap {
  const shrink = Math.max(1, Math.max(gridWidth, gridHeight) / largestSide);
  const width = Math.max(1, Math.round(gridWidth / shrink)), height = Math.max(1, Math.round(gridHeight / shrink));
  return { value, gridWidth, gridHeight, channels, width, height, map: shrink === 1 ? map : averaged(map, gridWidth, gridHeight, width, height), kind };
}
