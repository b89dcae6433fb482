/** An explanation as files: what made it, its numbers, and for pictures how it looks. */
import path from 'node:path';
import { writeFile } from 'node:fs/promises';
import { decodePicture } from '../../data/image/decode';
import { renderOverlay } from '../../data/image/overlay';
import type { Explained } from '../jobs/explain';
import type { HeatMapColors } from '../../tensor/heatmap';
import { formatNpy } from '../../tensor/npy';
import { makeOutputFolder } from './outputFolder';

/** Writes explanation.json, attributions.npy, standard-errors.npy (sampled methods), cam.npy (class activation maps), layer.npy (attributions to a layer) and overlay.png (pictures); returns their paths. */
export async function saveExplanation(folder: string, { result, attribution }: Explained, colors?: HeatMapColors): Promise<string[]> {
  await makeOutputFolder(folder);
  const written: string[] = [];
  const write = async (name: string, content: string | Uint8Array): Promise<void> => {
    const file = path.resolve(folder, name);
    await writeFile(file, content);
    written.push(file);
  };
  const { record, map } = result;
  await write('explanation.json', `${JSON.stringify(record, null, 2)}\n`);
  if (attribution.values) await write('attributions.npy', formatNpy(attribution.values));
  if (attribution.standardErrors) await write('standard-errors.npy', formatNpy(attribution.standardErrors));
  if (attribution.cam) await write('cam.npy', formatNpy(attribution.cam));
  if (attribution.layerValues) await write('layer.npy', formatNpy(attribution.layerValues));
  if (record.frame && map) await write('overlay.png', await renderOverlay(await decodePicture(record.inputs[record.input]!.file), map, record.frame, colors));
  return written;
}
