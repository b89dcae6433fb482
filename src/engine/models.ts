/** Opened model files, kept while the files stay as they are. */
import path from 'node:path';
import { stat } from 'node:fs/promises';
import { openModel } from '../formats/open';
import { readInitializer } from '../formats/readTensor';
import type { Initializer, ModelFile } from '../graph/graph';
import { inferShapes, type Inference } from '../graph/inference/infer';
import { wantedConstants } from '../graph/inference/wanted';
import { watched } from '../protocol/parseWatch';
import { LensError } from '../protocol/rpc';
import { tensorToBytes } from '../tensor/convert';
import { fileIdentity } from './digest';
import { withoutZipMap } from './forwardModel';

export interface OpenedModel {
  /** As the file has it: what is shown. */
  readonly file: ModelFile;
  /** What is run and differentiated: small constants read in, dictionaries unwrapped. */
  readonly runnable: ModelFile;
  /** Class names found inside the model, by output. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly identity: string;
  readonly bytes: number;
  /** Types with the dims the file declares. */
  readonly inference: Inference;
}

const maximumModels = 6;

export class Models {
  private readonly opened = new Map<string, Promise<OpenedModel>>();

  /** @throws LensError or a format's own error: not found, damaged, or of a kind that is not read. */
  async open(file: string): Promise<OpenedModel> {
    const absolute = path.resolve(file);
    const identity = await identify(absolute);
    let model = this.opened.get(identity);
    model ??= open(absolute, identity);
    this.opened.delete(identity);
    this.opened.set(identity, model);
    model.catch(() => this.opened.delete(identity));
    for (const old of this.opened.keys()) {
      if (this.opened.size <= maximumModels) break;
      this.opened.delete(old);
    }
    return model;
  }
}

async function identify(file: string): Promise<string> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? new LensError('notFound', `${file}: no such file`)
      : new LensError('badFile', `${file}: cannot be opened (${error.code ?? error.message})`);
  });
  if (!found.isFile()) throw new LensError('badFile', `${file}: is ${found.isDirectory() ? 'a folder' : 'no regular file'}, expected a model file`);
  return fileIdentity(file);
}

async function open(absolute: string, identity: string): Promise<OpenedModel> {
  const { size } = await stat(absolute);
  return watched(absolute, size, async () => {
    const file = await openModel(absolute);
    const inlined = await inlineSmallConstants(file);
    const { model: runnable, labels } = withoutZipMap(inlined);
    return { file, runnable, labels, identity, bytes: size, inference: inferShapes(inlined) };
  });
}

/** Shapes, axes and scales that lie in the file are read in, so that inference and autodiff can follow them. */
async function inlineSmallConstants(model: ModelFile): Promise<ModelFile> {
  const wanted = wantedConstants(model).filter((name) => model.graph.initializers.has(name));
  if (!wanted.length) return model;
  const initializers = new Map(model.graph.initializers);
  for (const name of wanted) {
    const initializer = initializers.get(name)!;
    initializers.set(name, await inline(initializer));
  }
  return { ...model, graph: { ...model.graph, initializers } };
}

async function inline(initializer: Initializer): Promise<Initializer> {
  try {
    const tensor = await readInitializer(initializer);
    return { kind: 'inline', dtype: tensor.dtype, dims: tensor.dims, bytes: tensorToBytes(tensor) };
  } catch {
    // Whoever needs the content will say that it cannot be read; the structure can be shown without it.
    return initializer;
  }
}
