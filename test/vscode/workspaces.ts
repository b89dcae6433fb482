/** Temporary workspaces for tests in a real VS Code. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(__dirname, '../..');
export const shared = path.resolve(process.env.MODEL_LENS_SHARED ?? path.join(root, '../shared'));

/** Where tests put their screenshots. */
export const screenshots = path.resolve(process.env.SCREENSHOTS ?? path.join(root, 'out/screenshots'));

/**
 * A workspace with files of the shared pack, by the names they get in it.
 * @returns undefined, and a line saying so, if the pack is not there.
 */
export function packWorkspace(files: Readonly<Record<string, string>>): string | undefined {
  const pack = path.join(shared, 'pack');
  if (!fs.existsSync(pack)) {
    console.log(`    (skipped: ${pack} is not there)`);
    return undefined;
  }
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-workspace-'));
  for (const [name, source] of Object.entries(files)) {
    fs.copyFileSync(path.join(pack, source), path.join(folder, name));
    fs.chmodSync(path.join(folder, name), 0o644);
  }
  return folder;
}
