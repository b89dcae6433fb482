import path from 'node:path';
import { readdir } from 'node:fs/promises';
import { commonPreprocessings, type CommonPreprocessing } from '../../data/commonPreprocessings';
import { decodePicture } from '../../data/image/decode';
import type { Picture } from '../../data/image/picture';
import { pictureToTensor } from '../../data/image/toTensor';
import { describeScaling } from '../../data/knowledge';
import { sidecarEntry } from '../../data/sidecarEntry';
import type { ImageSpec } from '../../data/spec';
import type { EngineRequests } from '../../protocol/engine';
import { LensError, throwIfAborted, type JobContext } from '../../protocol/rpc';
import type { PreprocessingTrial } from '../../protocol/preprocessing';
import { tensorFromNumbers } from '../../tensor/convert';
import type { Tensor } from '../../tensor/tensor';
import { concatRows } from '../batching';
import { chooseOutput, predictSamples, type Predicted } from '../classes';
import type { Engine } from '../engine';
import { chooseInput } from '../prepare';
import { evidenceOf, verdictOf } from '../preprocessingEvidence';

const usualOthers = 3, mostOthers = 8;
const pictureEnding = /\.(png|jpe?g|webp|bmp|gif|tiff?|avif)$/i;

/**
 * The prediction under the common preprocessings. Every trial also sees the mirror image, and some pictures of the same
 * folder: a model that is fed as it was trained tells pictures apart, is sure of each, and does not mind the mirror.
 */
export async function preprocessings(engine: Engine, params: EngineRequests['preprocessings']['params'], { signal }: Pick<JobContext, 'signal'>): Promise<EngineRequests['preprocessings']['result']> {
  const { others = usualOthers } = params;
  if (!(Number.isInteger(others) && others >= 0 && others <= mostOthers)) throw new LensError('badInput', `others: found ${others}, expected a whole number from 0 to ${mostOthers}`);
  const { prepared } = await engine.subjects.get(engine, params, signal), input = chooseInput(prepared, params.input), { image, frame, tensor } = input;
  if (!image || !frame) throw new LensError('unsupported', `input '${input.name}' was given as ${input.kind === 'image' ? 'an exact tensor' : input.kind}, so there is no preprocessing to try; expected a picture`);
  const output = chooseOutput(prepared.model, prepared.resolved, prepared.opened.labels);
  const { dtype } = prepared.resolved.inputs.find(({ name }) => name === input.name)!;
  const ways = commonPreprocessings(image, dtype), predicted: Predicted[][] = ways.map(() => []);
  const pictures = [await decodePicture(input.file), ...await otherPictures(input.file, others, image.channels === 'grey')];
  for (const picture of pictures) {
    const views = [picture, mirrored(picture)], samples = ways.flatMap((way) => views.map((view) => sampleOf(view, way.spec, tensor.dtype)));
    // Other inputs are the same for every sample; where they cannot be repeated, samples run one by one.
    const alone = prepared.inputs.length > 1 || tensor.dims[0] !== 1;
    const answers = alone
      ? await inTurn(samples, async (sample) => (await predictSamples(prepared.model, output, { ...prepared.feeds, [input.name]: sample }, 1))[0]!)
      : await predictSamples(prepared.model, output, { [input.name]: concatRows(samples) }, samples.length);
    ways.forEach((_, way) => predicted[way]!.push(...answers.slice(way * views.length, (way + 1) * views.length)));
    throwIfAborted(signal);
  }
  const trials = ways.map((way, index) => trialOf(way, predicted[index]!, predicted[0]!));
  const [current, ...rest] = trials;
  rest.sort((a, b) => (b.evidence?.information ?? 0) - (a.evidence?.information ?? 0));
  return { input: input.name, trials: [current!, ...rest], verdict: verdictOf(trials, pictures.length) };
}

function trialOf({ id, spec }: CommonPreprocessing, views: readonly Predicted[], current: readonly Predicted[]): PreprocessingTrial {
  const { top, entropy } = views[0]!.prediction, evidence = evidenceOf(views);
  return {
    id, words: describeScaling(spec), entry: sidecarEntry(spec), current: id === 'current', top: top[0]!, entropy,
    same: top[0]!.index === current[0]!.prediction.top[0]!.index, ...(evidence && { evidence }),
  };
}

function sampleOf(picture: Picture, spec: ImageSpec, dtype: Tensor['dtype']): Tensor {
  const { tensor } = pictureToTensor(picture, spec);
  return dtype === 'float32' ? tensor : tensorFromNumbers(dtype, tensor.dims, tensor.data);
}

function mirrored(picture: Picture): Picture {
  const { width, height, channels, data } = picture, out = data.slice();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = data[(y * width + width - 1 - x) * channels + c]!;
  }
  return { ...picture, data: out };
}

/**
 * Pictures beside this one, those next to it by name first; what cannot be read is passed over. For models of grey
 * pictures only grey ones: digits are no evidence beside photographs.
 */
async function otherPictures(file: string, most: number, grey: boolean): Promise<Picture[]> {
  const folder = path.dirname(file), own = path.basename(file);
  const names = (await readdir(folder).catch(() => [])).slice(0, 5000).filter((name) => pictureEnding.test(name)).sort();
  const place = names.indexOf(own), near = names.filter((name) => name !== own).sort((a, b) => Math.abs(names.indexOf(a) - place) - Math.abs(names.indexOf(b) - place));
  const pictures: Picture[] = [];
  for (const name of near.slice(0, 2 * most)) {
    if (pictures.length >= most) break;
    const picture = await decodePicture(path.join(folder, name)).catch(() => undefined);
    if (picture && (!grey || picture.channels === 1)) pictures.push(picture);
  }
  return pictures;
}

async function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await work(item));
  return results;
}
