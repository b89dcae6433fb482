import path from 'node:path';
import { decodePicture } from '../../data/image/decode';
import { previewPicture } from '../../data/image/encode';
import type { EngineRequests } from '../../protocol/engine';
import { LensError } from '../../protocol/rpc';

/** A picture any browser can show: upright, at most `maxSide` pixels a side. */
export async function picture({ file, maxSide }: EngineRequests['picture']['params']): Promise<EngineRequests['picture']['result']> {
  if (!(Number.isInteger(maxSide) && maxSide >= 1 && maxSide <= 16384)) throw new LensError('badInput', `maxSide is ${maxSide}, expected a whole number from 1 to 16384`);
  return previewPicture(await decodePicture(path.resolve(file)), maxSide);
}
