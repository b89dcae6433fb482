/**
 * What was asked about last, ready to be run again: a page that tries one change after another asks about the same
 * model and files each time, and only the change should cost anything.
 */
import path from 'node:path';
import { stat } from 'node:fs/promises';
import type { ExplainParams, TargetChoice } from '../protocol/engine';
import { throwIfAborted } from '../protocol/rpc';
import type { Engine } from './engine';
import { chooseInput, prepare, Stopwatch, Warnings, type Prepared } from './prepare';
import { findTarget, type ChosenTarget } from './targetChoice';

export type SubjectParams = Pick<ExplainParams, 'model' | 'inputs' | 'device' | 'preprocessing'>;

const mostKept = 2;
/** Files beside a model whose content says how it is fed; the folder's own time tells of new and renamed ones. */
const beside = (model: string): string[] => {
  const { dir, name, base } = path.parse(path.resolve(model));
  return [dir, ...[`${base}.lens.json`, `${name}.lens.json`, 'preprocessor_config.json', 'config.json', 'metadata.json', 'labels.txt'].map((file) => path.join(dir, file))];
};

/** A model with one sample, and what was worked out about them. */
export class Subject {
  private readonly targets = new Map<string, Promise<ChosenTarget>>();
  private readonly notes = new Map<string, unknown>();

  constructor(readonly prepared: Prepared, readonly warnings: readonly string[]) {}

  /** The target and the prediction without any change. */
  target(input: string | undefined, choice: TargetChoice | undefined): Promise<ChosenTarget> {
    const key = JSON.stringify([input, choice]);
    let found = this.targets.get(key);
    if (!found) {
      found = findTarget(this.prepared, chooseInput(this.prepared, input), choice, false);
      found.catch(() => this.targets.delete(key));
      this.targets.set(key, found);
    }
    return found;
  }

  /** What `make` returned for this key first; a promise that failed is not kept. */
  once<T>(key: string, make: () => T): T {
    if (!this.notes.has(key)) {
      const made = make();
      this.notes.set(key, made);
      if (made instanceof Promise) made.catch(() => this.notes.delete(key));
    }
    return this.notes.get(key) as T;
  }
}

export class Subjects {
  private readonly kept = new Map<string, Promise<Subject>>();

  /** @throws whatever `prepare` throws; that is not kept. */
  async get(engine: Engine, params: SubjectParams, signal: AbortSignal): Promise<Subject> {
    const key = await identityOf(params);
    let subject = this.kept.get(key);
    if (!subject) {
      subject = make(engine, params);
      subject.catch(() => this.kept.delete(key));
    }
    this.kept.delete(key);
    this.kept.set(key, subject);
    for (const old of this.kept.keys()) {
      if (this.kept.size <= mostKept) break;
      this.kept.delete(old);
    }
    const ready = await subject;
    throwIfAborted(signal);
    return ready;
  }
}

/** Others may ask for the same meanwhile: nobody's cancel ends it. */
async function make(engine: Engine, { model, inputs, device, preprocessing }: SubjectParams): Promise<Subject> {
  const warnings = new Warnings();
  const prepared = await prepare(engine, { model, inputs, device, preprocessing }, new AbortController().signal, warnings, new Stopwatch());
  return new Subject(prepared, warnings.list());
}

async function identityOf({ model, inputs, device, preprocessing }: SubjectParams): Promise<string> {
  const files = [path.resolve(model), ...beside(model), ...Object.values(inputs).map((file) => path.resolve(file.replace(/(\.(?:csv|tsv))#.*$/i, '$1')))];
  const times = await Promise.all(files.map((file) => stat(file).then(({ mtimeMs, size, ino }) => [mtimeMs, size, ino], () => null)));
  return JSON.stringify([model, inputs, device, preprocessing, times]);
}
