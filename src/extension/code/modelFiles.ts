/** Paths as programs write them → files on this machine. Nothing is asked of a network. */
import { stat } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Places {
  /** Folder of the file in which the path stands; absent for files that were never saved. */
  readonly folder?: string;
  readonly workspaceFolders: readonly string[];
  /** Setting `modelLens.modelRoots`: absolute, '~/…', or relative to each workspace folder. */
  readonly roots: readonly string[];
}

const longest = 1000;

/** Whether a text looks like the path of a model file, by its ending. */
export function looksLikeModelPath(text: string): boolean {
  return text.length <= longest && /(?:[^./\\]\.(?:onnx|h5|hdf5|keras)|(?:^|[/\\])model\.json)$/i.test(text) && !/[\n\r\t<>|"*?]/.test(text);
}

/** Where a path may lead, best first: absolute paths on this machine. */
export function candidatePaths(text: string, { folder, workspaceFolders, roots }: Places): string[] {
  const local = localPath(text.trim());
  if (local === undefined) return [];
  const bases = [...(folder === undefined ? [] : foldersUp(folder, workspaceFolders)), ...workspaceFolders, ...rootFolders(roots, workspaceFolders)];
  // A page of a web server names files from the server's root.
  const found = path.isAbsolute(local) ? [local, ...workspaceFolders.flatMap((base) => [path.join(base, local), path.join(base, 'public', local)])] : bases.map((base) => path.resolve(base, local));
  return [...new Set(found)];
}

/** Whether a path can lead to a file of this machine: no URL but `file:`, no share of another machine. */
export function isOnThisMachine(text: string): boolean {
  return localPath(text.trim()) !== undefined;
}

/**
 * The first of a path's candidates that is a file. What does not end as models do is looked for only below the folders
 * the user opened or configured: a program that somebody else wrote decides what is read here.
 */
export async function findModelFile(text: string, places: Places): Promise<string | undefined> {
  const { folder, workspaceFolders, roots } = places;
  const own = [...(folder === undefined ? [] : [folder]), ...workspaceFolders, ...rootFolders(roots, workspaceFolders)];
  const anywhere = looksLikeModelPath(text.trim());
  for (const candidate of candidatePaths(text, places)) {
    if (!anywhere && !own.some((base) => candidate.startsWith(base.endsWith(path.sep) ? base : base + path.sep))) continue;
    if (await stat(candidate).then((found) => found.isFile(), () => false)) return candidate;
  }
  return undefined;
}

/** A path without scheme and '~'; undefined for what is elsewhere (http, other machines). */
function localPath(text: string): string | undefined {
  if (text === '' || text.length > longest || text.includes('\0')) return undefined;
  // \\server\share and //server/share are other machines.
  if (/^[\\/]{2}/.test(text)) return undefined;
  if (/^file:/i.test(text)) {
    try {
      const url = new URL(text);
      return url.host === '' || url.host === 'localhost' ? fileURLToPath(`file://${url.pathname}`) : undefined;
    } catch {
      return undefined;
    }
  }
  if (/^[A-Za-z][\w+.-]+:/.test(text)) return undefined;
  const home = /^~(?=[/\\])/.test(text) ? path.join(os.homedir(), text.slice(2)) : text;
  return path.sep === '/' && !/^[A-Za-z]:/.test(home) ? home.replaceAll('\\', '/') : home;
}

/** A folder and those around it up to the workspace: programs are started from any of them. */
function foldersUp(folder: string, workspaceFolders: readonly string[]): string[] {
  const top = workspaceFolders.find((base) => folder === base || folder.startsWith(base.endsWith(path.sep) ? base : base + path.sep));
  const folders = [folder];
  for (let at = folder; top !== undefined && at !== top && folders.length < 50;) {
    at = path.dirname(at);
    folders.push(at);
  }
  return folders;
}

function rootFolders(roots: readonly string[], workspaceFolders: readonly string[]): string[] {
  return roots.flatMap((root) => {
    const local = typeof root === 'string' ? localPath(root.trim()) : undefined;
    return local === undefined ? [] : path.isAbsolute(local) ? [local] : workspaceFolders.map((base) => path.resolve(base, local));
  });
}
