import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { decodePicture } from '../../data/image/decode';
import { renderOverlay } from '../../data/image/overlay';
import type { ExplainProgress } from '../../protocol/engine';
import type { KeepRequests } from '../../protocol/keep';
import { LensError, type JobContext } from '../../protocol/rpc';
import type { Engine } from '../engine';
import { explanationReport } from '../keep/report';
import { paramsOf, readKept } from '../keep/record';
import { saveExplanation } from '../keep/saveExplanation';
import { explanationSvg } from '../keep/svg';
import { tableParamsOf } from '../keep/table/record';
import { explainedOnce, type Explained } from './explain';

/** Writes an explanation in one of its forms: the one made last if nothing has changed since, else it is made. */
export async function keep(engine: Engine, { explanation, form, to, colors, sections }: KeepRequests['keep']['params'], context: JobContext<ExplainProgress>): Promise<KeepRequests['keep']['result']> {
  const explained = await explainedOnce(engine, explanation, context);
  if (form === 'folder') return { files: await saveExplanation(to, explained, colors) };
  const content = form === 'html' ? await explanationReport(explained, colors, sections) : form === 'svg' ? await explanationSvg(explained, colors) : await overlay(explained, colors);
  try {
    await writeFile(to, content);
  } catch (error) {
    throw new LensError('failed', `${to}: cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return { files: [path.resolve(to)] };
}

async function overlay({ result: { map, record } }: Explained, colors: KeepRequests['keep']['params']['colors']): Promise<Uint8Array> {
  if (!record.frame || !map) throw new LensError('unsupported', 'only a map over a picture can be saved as a picture');
  return renderOverlay(await decodePicture(record.inputs[record.input]!.file), map, record.frame, colors);
}

/** What a kept explanation asks for. */
export async function kept(given: string): Promise<KeepRequests['kept']['result']> {
  const found = await readKept(given), folder = path.dirname(path.resolve(found.file));
  if ('record' in found) return { explanation: await paramsOf(found.record, folder) };
  const { model, file } = await tableParamsOf(found.tables[0]!, folder);
  return { table: { model, file } };
}
