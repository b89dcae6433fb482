import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Picture } from '../../../src/data/image/picture';

/** Folder of pictures, models and reference outputs that lies beside a checkout; not part of the project. */
export const sharedFolder = process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared');

/** Skips the suite, saying so, where the shared folder is missing. */
export function needShared(context: Mocha.Context, ...parts: string[]): string {
  const file = path.join(sharedFolder, ...parts);
  if (!fs.existsSync(file)) {
    console.log(`      skipped: ${path.join(...parts)} is not in the shared folder (set MODEL_LENS_SHARED)`);
    context.skip();
  }
  return file;
}

/** A small picture with edges, ramps and texture, the same in the reference script: see resize.test.ts. */
export function proceduralPicture(width: number, height: number, channels: 1 | 3): Picture {
  const data = new Uint8Array(width * height * channels);
  let at = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        const checker = (Math.floor(x / 5) + Math.floor(y / 3) + c) % 2 ? 255 : 0;
        data[at++] = (x * x * 3 + y * 7 * (c + 1) + ((x * y) >> 2) * 5 + checker) & 255;
      }
    }
  }
  return { width, height, channels, data, format: 'procedural', notes: [] };
}

const temporary: string[] = [];
process.once('exit', () => temporary.forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));

/** A new folder with the given files (texts or bytes); removed when the process ends. */
export function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lens-data-'));
  temporary.push(folder);
  for (const [name, content] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), content);
  return folder;
}

/** How many values differ, and by how much at most. */
export function difference(found: ArrayLike<number>, expected: ArrayLike<number>): { count: number; largest: number } {
  if (found.length !== expected.length) throw new Error(`found ${found.length} values, expected ${expected.length}`);
  let count = 0;
  let largest = 0;
  for (let i = 0; i < found.length; i++) {
    const delta = Math.abs(found[i]! - expected[i]!);
    if (delta > 0) count++;
    largest = Math.max(largest, delta);
  }
  return { count, largest };
}
