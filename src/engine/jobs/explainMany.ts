/** Many pictures by one model: each is explained, told of and kept before the next begins, so that memory does not grow with them. */
import path from 'node:path';
import { readdir } from 'node:fs/promises';
import { decodePicture } from '../../data/image/decode';
import { thumbnail } from '../../data/image/encode';
import { resolveParameters } from '../../methods/parameters';
import { methodById } from '../../methods/registry';
import type { ExplainParams, HeatMap } from '../../protocol/engine';
import type { KeptPicture, ManyParams, ManyProgress, ManyRequests, ManyResult, PictureRow } from '../../protocol/many';
import { LensError, throwIfAborted, toWireError, type JobContext } from '../../protocol/rpc';
import { resizeMap } from '../../tensor/heatmap';
import { sha256 } from '../digest';
import type { Engine } from '../engine';
import { ClassAverages } from '../many/averages';
import { KeptRun, keptMap } from '../many/kept';
import { removalTrust } from '../many/removal';
import { mapOf } from '../maps';
import { Stopwatch, Warnings } from '../prepare';
import { readyExplanation } from '../readyExplanation';
import { modelLensVersion } from '../version';

const thumbnailSide = 160, mapSide = 112;
const mostPictures = 100_000, mostFolders = 10_000;

export async function explainMany(engine: Engine, params: ManyParams, { signal, progress }: JobContext<ManyProgress>): Promise<ManyResult> {
  const { pictures, folder, ...asked } = params;
  if (!Array.isArray(pictures) || pictures.length === 0) throw new LensError('badInput', 'no pictures were given');
  if (pictures.length > mostPictures) throw new LensError('badInput', `${pictures.length} pictures were given, and at most ${mostPictures} are explained in one run`);
  const wrong = pictures.find((file: unknown) => typeof file !== 'string');
  if (wrong !== undefined) throw new LensError('badInput', `pictures: found ${String(wrong)}, expected the path of a file`);
  // What is wrong with the question is said once, not in every row.
  resolveParameters(methodById(params.method), params.parameters, params.preset);
  const end = await KeptRun.turn(folder, signal);
  try {
    return await explainAll(engine, params, asked, { signal, progress });
  } finally {
    end();
  }
}

async function explainAll(engine: Engine, params: ManyParams, asked: Omit<ManyParams, 'pictures' | 'folder'>, { signal, progress }: JobContext<ManyProgress>): Promise<ManyResult> {
  const { pictures, folder } = params, device = await engine.devices.resolve(params.device, signal);
  const model = (await engine.models.open(params.model)).file.file;
  const run = await KeptRun.open(folder, { modelLens: modelLensVersion, ...asked, device: device.id, model: { file: model, sha256: await sha256(model, signal) } });
  const start = performance.now(), averages = new ClassAverages();
  let explained = 0, failed = 0, kept = 0;
  progress({ type: 'begun', total: pictures.length, kept: 0, device });
  for (const [at, file] of pictures.entries()) {
    throwIfAborted(signal);
    const old = await run.get(file, at);
    const made = old ? { row: old, map: await keptMap(folder, old.number) } : await explainOne(engine, { ...asked, device: params.device ?? 'auto', inputs: { '': file } }, at, file, signal);
    const row = old ?? await run.put(made.row, made);
    if (old) kept++;
    if (row.error === undefined) explained++;
    else failed++;
    if (made.map && row.top?.[0]) averages.add(row.top[0].index, row.top[0].label, made.map);
    progress({ type: 'row', row });
  }
  return { explained, failed, kept, milliseconds: Math.round(performance.now() - start), averages: averages.all() };
}

/** One picture's row. Only cancelling ends the run: a picture that cannot be read or explained says why in its row. */
async function explainOne(engine: Engine, params: ExplainParams, at: number, file: string, signal: AbortSignal): Promise<KeptPicture & { row: Omit<PictureRow, 'number'> }> {
  const start = performance.now();
  try {
    const ready = await readyExplanation(engine, params, signal, new Warnings(), new Stopwatch());
    const { method, context, prediction, target, parameters, input: { frame } } = ready;
    const steps = method.explain(context);
    let step = await steps.next();
    while (!step.done) {
      throwIfAborted(signal);
      step = await steps.next();
    }
    const { values, score, checks } = step.value;
    const map = values && small(mapOf(method, parameters, values, context.layout));
    const isClass = target.text === undefined && prediction.kind === 'probabilities';
    const trust = map && frame && await removalTrust(context, isClass ? { ...context.target, space: 'probability' } : context.target, map, isClass);
    const picture = await thumbnail(await decodePicture(file), thumbnailSide);
    const row = {
      file, at, top: prediction.top.slice(0, 3), confidence: prediction.top[0]?.probability ?? null, entropy: prediction.entropy, margin: prediction.margin,
      target: target.text ?? target.label, targetIndex: target.index, score, checked: checks.every(({ ok }) => ok), milliseconds: Math.round(performance.now() - start),
      ...(trust !== undefined && { trust }),
      ...(frame && { frame: [frame.left / frame.sourceWidth, frame.top / frame.sourceHeight, frame.width / frame.sourceWidth, frame.height / frame.sourceHeight] as const }),
    };
    return { row, picture, ...(map && { map }) };
  } catch (error) {
    throwIfAborted(signal);
    const { code, message } = toWireError(error);
    if (code === 'cancelled') throw error;
    return { row: { file, at, error: message, milliseconds: Math.round(performance.now() - start) } };
  }
}

function small(map: HeatMap): HeatMap {
  const scale = Math.min(1, mapSide / Math.max(map.width, map.height));
  return resizeMap(map, Math.max(1, Math.round(map.width * scale)), Math.max(1, Math.round(map.height * scale)));
}

const pictureName = /\.(png|jpe?g|webp|gif|bmp|tiff?)$/i;

/** Pictures below a folder. Hidden folders, node_modules and links are passed over. */
export async function listPictures({ folder, most = mostPictures }: ManyRequests['listPictures']['params']): Promise<ManyRequests['listPictures']['result']> {
  const pictures: string[] = [], folders = [folder];
  for (let next = folders.shift(), seen = 0; next !== undefined && pictures.length <= most && seen < mostFolders; next = folders.shift(), seen++) {
    const entries = await readdir(next, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
      if (seen > 0) return [];
      throw new LensError('notFound', `${folder}: cannot be read as a folder (${error.code ?? error.message})`);
    });
    entries.sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    pictures.push(...entries.filter((entry) => entry.isFile() && pictureName.test(entry.name)).map((entry) => path.join(next!, entry.name)));
    folders.push(...entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules').map((entry) => path.join(next!, entry.name)));
  }
  return { pictures: pictures.slice(0, most), more: pictures.length > most || folders.length > 0 };
}
