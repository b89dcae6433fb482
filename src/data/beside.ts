/** Small files beside a model, read with bounds and never outside the model's folder. */
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { DataError, reasonOf } from './errors';

const maxTextBytes = 16 * 1024 * 1024;

/** The folder of a model and what lies in it. */
export class ModelFolder {
  readonly folder: string;
  /** The model's file name, and the same without its ending. */
  readonly fileName: string;
  readonly stem: string;

  constructor(modelFile: string) {
    this.folder = path.dirname(path.resolve(modelFile));
    this.fileName = path.basename(modelFile);
    this.stem = this.fileName.replace(/\.[^.]+$/, '');
  }

  /** File names in the folder (at most 5000 are looked at). */
  names(): readonly string[] {
    try {
      return readdirSync(this.folder).slice(0, 5000);
    } catch {
      return [];
    }
  }

  /** Whether `name` is a plain file in the folder. */
  has(name: string): boolean {
    try {
      return statSync(path.join(this.folder, name)).isFile();
    } catch {
      return false;
    }
  }

  /**
   * Absolute path of `relative`, which must stay inside the folder also when links are followed.
   * Throws DataError naming `field` if it leads out or is missing.
   */
  resolve(relative: string, field: string): string {
    const file = path.resolve(this.folder, relative);
    const inside = (candidate: string, folder: string): boolean => {
      const way = path.relative(folder, candidate);
      return way !== '' && way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
    };
    if (path.isAbsolute(relative) || !inside(file, this.folder)) throw new DataError('badInput', `${field}: found "${relative}", expected a file inside the model's folder`);
    let real: string;
    try {
      real = realpathSync(file);
    } catch {
      throw new DataError('notFound', `${field}: found "${relative}", but there is no such file beside the model`);
    }
    if (!inside(real, realpathSync(this.folder))) throw new DataError('badInput', `${field}: "${relative}" is a link out of the model's folder`);
    return real;
  }

  /** The text of a file in the folder. Throws DataError if it is missing, leads out, or has more than 16 MB. */
  text(relative: string, field: string = relative): string {
    const file = this.resolve(relative, field);
    const { size } = statSync(file);
    if (size > maxTextBytes) throw new DataError('badFile', `${field}: ${Math.round(size / 1e6)} MB, expected at most ${Math.round(maxTextBytes / 1e6)} MB`);
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  }

  /** A JSON object in the folder. Throws DataError if it cannot be parsed or is no object. */
  json(name: string): Record<string, unknown> {
    let value: unknown;
    const text = this.text(name);
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw new DataError('badFile', `${name}: not valid JSON: ${reasonOf(error)}`);
    }
    if (!isObject(value)) throw new DataError('badFile', `${name}: found ${kindOf(value)}, expected an object`);
    return value;
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON value in words: '"NCWH"', '3', 'a list of 2', 'an object', 'nothing'. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'an object';
  return typeof value === 'string' ? `"${value.length > 60 ? `${value.slice(0, 57)}…` : value}"` : String(value);
}
