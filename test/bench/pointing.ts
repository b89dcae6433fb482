/**
 * Does a method's map lie on the thing that decides? On the samples, whose deciding object is known to the pixel:
 * the pointing game (is the highest point on the object), and the share of the map's positive weight on it.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Engine } from '../../src/engine/engine';
import { explain } from '../../src/engine/jobs/explain';
import { maskCells } from '../../src/engine/mask';
import { massInMask } from '../../src/metrics/localisation/massInMask';
import { pointingGame } from '../../src/metrics/localisation/pointingGame';
import type { Candidate, Metric, Subject } from '../../src/metrics/metric';
import type { PictureFrame } from '../../src/protocol/engine';
import { methods } from '../../src/methods/registry';
import { floatTensor } from '../../src/tensor/tensor';

const samples = path.join(__dirname, '../../samples');

/** The network all are judged by. */
export const pointingModel = 'samples/models/scenes.onnx';

export interface PointingRow {
  readonly method: string;
  readonly pictures: number;
  /** Share of pictures whose highest point lies on the object, within the usual 15 pixels of 224. */
  readonly hits: number;
  /** Share of positive weight on the object, and that share over the object's share of the picture (1: as a map that says nothing). */
  readonly mass: number;
  readonly timesArea: number;
  /** Of one explanation, in the middle. */
  readonly ms: number;
  /** Pictures where the method failed or gave no map. */
  readonly without: number;
}

/** Methods that mark parts of a picture. */
export function pointingMethods(): string[] {
  return methods.filter(({ hasMap, kinds }) => hasMap !== false && kinds.includes('image')).map(({ id }) => id);
}

interface Scene {
  readonly picture: string;
  readonly mask: string;
  /** The class that is explained: what the mask shows. */
  readonly object: string;
}

/** 'car_1.png' shows a car; 'car_and_tree.car.png' is the car's mask in a picture of two objects. */
function scenes(): Scene[] {
  return fs.readdirSync(path.join(samples, 'masks')).sort().map((file) => {
    const [name, object] = path.basename(file, '.png').split('.');
    return { picture: path.join(samples, 'pictures', `${name}.png`), mask: path.join(samples, 'masks', file), object: object ?? name!.replace(/_\d+$/, '') };
  });
}

export async function measurePointing(method: string): Promise<PointingRow> {
  const engine = new Engine(__filename), signal = new AbortController().signal, model = path.join(samples, '..', pointingModel);
  const hits: number[] = [], masses: number[] = [], ratios: number[] = [], times: number[] = [];
  let failure: string | undefined;
  const all = scenes();
  try {
    for (const { picture, mask, object } of all) {
      let frame: PictureFrame | undefined;
      const start = performance.now();
      try {
        const { result } = await explain(engine, { model, inputs: { '': picture }, method, target: { class: object }, device: 'cpu', seed: 1 }, {
          signal, progress: (value) => { if (value.type === 'prepared') frame = value.frame; },
        });
        times.push(performance.now() - start);
        if (!result.map) throw new Error('gave no map');
        const { values, width, height } = result.map, shape = { layout: 'NCHW', channels: 1, width, height } as const;
        const cells = await maskCells(mask, shape, frame), candidate = { kind: 'map' as const, values: floatTensor([1, 1, height, width], values), cells: values };
        const figure = async (metric: Metric) => measured(metric, { mask: cells, shape, seed: 1 }, candidate);
        hits.push((await figure(pointingGame)).value);
        const { value, details } = await figure(massInMask);
        masses.push(value);
        ratios.push(value / details!.area!);
      } catch (error) {
        failure ??= error instanceof Error ? error.message : String(error);
      }
    }
  } finally {
    await engine.close();
  }
  if (hits.length === 0) throw new Error(failure);
  const middle = times.sort((a, b) => a - b)[times.length >> 1]!;
  return { method, pictures: hits.length, hits: mean(hits), mass: mean(masses), timesArea: mean(ratios), ms: Math.round(middle), without: all.length - hits.length };
}

/** A figure of localisation: it looks at the mask and the map alone. */
async function measured(metric: Metric, subject: Pick<Subject, 'mask' | 'shape' | 'seed'>, candidate: Pick<Candidate, 'kind' | 'values' | 'cells'>) {
  const run = metric.compute(subject as Subject, candidate as Candidate);
  for (;;) {
    const step = await run.next();
    if (step.done) return step.value;
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
