/** The little file access the runner needs. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export { existsSync, readFileSync };

/** Every file called `name` at any depth below `folder`, sorted; none if the folder is not there. */
export function globSync(folder: string, name: string | RegExp): string[] {
  if (!existsSync(folder)) return [];
  const found: string[] = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) found.push(...globSync(full, name));
    else if (typeof name === 'string' ? entry.name === name : name.test(entry.name)) found.push(full);
  }
  return found.sort();
}
