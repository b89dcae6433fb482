import { open, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Initializer } from '../../graph/graph';
import { findTensor } from '../../graph/storedTensors';
import type { DetailsRequests, SavedTensor } from '../../protocol/details';
import { LensError, type JobContext } from '../../protocol/rpc';
import { asFloatTensor, tensorToBytes } from '../../tensor/convert';
import type { DType } from '../../tensor/dtype';
import { formatNpy, hasNpyType, npyHeader } from '../../tensor/npy';
import type { Tensor } from '../../tensor/tensor';
import { eachPiece, openContent } from '../details/content';
import type { Engine } from '../engine';
import type { OpenedModel } from '../models';

/** Writes a stored tensor as .npy, piece by piece into a file beside `to` that takes its place when it is whole. */
export async function saveTensor(engine: Pick<Engine, 'models'>, { file, id, to }: DetailsRequests['saveTensor']['params'], { signal, progress }: JobContext<DetailsRequests['saveTensor']['progress']>): Promise<SavedTensor> {
  const opened = await engine.models.open(file);
  const found = findTensor(opened.file, opened.inference, id);
  if (!found) throw new LensError('notFound', `the model has no stored tensor '${id}'`, 'the file may have changed: open it again');
  const target = path.resolve(to);
  await refuseModelFiles(opened, target);
  const content = await openContent(found.name, found.init);
  const dtype = writtenType(content.dtype);
  const temporary = `${target}.${process.pid}.part`;
  let bytes = 0;
  const handle = await open(temporary, 'w').catch((error: NodeJS.ErrnoException) => {
    throw new LensError('badInput', `${target} cannot be written (${error.code ?? error.message})`, 'choose another folder');
  });
  try {
    const write = async (part: Uint8Array): Promise<void> => {
      for (let done = 0; done < part.length;) done += (await handle.write(part, done, part.length - done)).bytesWritten;
      bytes += part.length;
    };
    if (dtype === 'string') await write(formatNpy(await wholeOf(content)));
    else {
      await write(npyHeader(dtype, content.dims));
      await eachPiece(content, (piece) => write(encoded(piece, dtype)), signal, (done) => progress({ done, total: content.count }));
    }
    await handle.close();
    await rename(temporary, target);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  return { bytes, dtype, ...(dtype !== content.dtype && { note: `NumPy has no type ${content.dtype}: the values are written as ${dtype}, unchanged` }) };
}

async function wholeOf(content: { dims: readonly number[]; count: number; read(start: number, count: number): Promise<Tensor> }): Promise<Tensor> {
  return { ...(await content.read(0, content.count)), dims: content.dims };
}

/** The type of the written elements: the tensor's own, or the smallest of NumPy's that holds all its values. */
function writtenType(dtype: DType): DType {
  if (dtype === 'string' || hasNpyType(dtype)) return dtype;
  if (dtype === 'int4' || dtype === 'int2') return 'int8';
  if (dtype === 'uint4' || dtype === 'uint2') return 'uint8';
  if (dtype === 'undefined') throw new LensError('unsupported', 'the type of the elements is unknown, so they cannot be written');
  return 'float32';
}

function encoded(piece: Tensor, dtype: DType): Uint8Array {
  if (piece.dtype === dtype) return tensorToBytes(piece);
  // Sub-byte integers are unpacked one a byte already.
  return dtype === 'float32' ? tensorToBytes(asFloatTensor(piece)) : tensorToBytes({ ...piece, dtype });
}

/** A model is never written over: not its file, nor one that holds its weights. */
async function refuseModelFiles(opened: OpenedModel, target: string): Promise<void> {
  const real = await realpath(target).catch(() => target);
  const own = new Set([opened.file.file]);
  const visit = (init: Initializer): void => { if (init.kind === 'ref') own.add(init.ref.file); };
  for (const init of opened.file.graph.initializers.values()) visit(init);
  for (const layer of opened.file.layers ?? []) for (const { init } of layer.weights ?? []) visit(init);
  const reals = await Promise.all([...own].map((name) => realpath(name).catch(() => name)));
  if (reals.includes(real)) throw new LensError('badInput', `${target} is a file of the model itself, which is not written over`, 'choose another name');
}
