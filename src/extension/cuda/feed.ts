/** Fetching a package from a NuGet feed: where it is, what it must hash to, and its bytes. After NuGet's API, version 3. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import type { CudaPackage } from '../../protocol/cuda';
import { LensError, oneLine } from '../../protocol/rpc';

export interface PublishedPackage {
  readonly url: string;
  /** Hexadecimal. */
  readonly sha512: string;
  readonly bytes: number;
}

const mostText = 4 * 2 ** 20, mostBytes = 4 * 2 ** 30;

/** @throws LensError in one sentence where the feed cannot be reached or says nothing usable. */
export async function findPackage({ feed, name, version }: CudaPackage, signal: AbortSignal): Promise<PublishedPackage> {
  const id = name.toLowerCase(), index = await json(feed, signal);
  const resource = (type: string): string => {
    const all = Array.isArray(index.resources) ? (index.resources as Record<string, unknown>[]) : [];
    const found = all.filter((each) => String(each['@type']).startsWith(type)).map((each) => each['@id']).at(-1);
    if (typeof found !== 'string') throw new LensError('failed', `${host(feed)} names no ${type}`);
    return found.endsWith('/') ? found : `${found}/`;
  };
  const leaf = await json(safe(`${resource('RegistrationsBaseUrl')}${id}/${version}.json`, feed), signal), entry = leaf.catalogEntry;
  const about = typeof entry === 'string' ? await json(safe(entry, feed), signal) : ((entry ?? {}) as Record<string, unknown>);
  const { packageHash, packageHashAlgorithm, packageSize } = about;
  const sha512 = typeof packageHash === 'string' ? Buffer.from(packageHash, 'base64').toString('hex') : '';
  if (packageHashAlgorithm !== 'SHA512' || sha512.length !== 128) throw new LensError('failed', `${host(feed)} states no SHA-512 of ${name} ${version}, so that what is fetched could not be checked`);
  if (typeof packageSize !== 'number' || !(packageSize > 0 && packageSize <= mostBytes)) throw new LensError('failed', `${host(feed)} states no usable size of ${name} ${version}`);
  return { url: safe(`${resource('PackageBaseAddress')}${id}/${version}/${id}.${version}.nupkg`, feed), sha512, bytes: packageSize };
}

/** Writes the package's bytes to `file`. @throws LensError where they do not come, or too many do. */
export async function fetchPackage({ url, bytes }: PublishedPackage, file: string, signal: AbortSignal, progress: (done: number) => void): Promise<void> {
  const response = await get(url, signal);
  if (!response.body) throw new LensError('failed', `${host(url)} sent nothing`);
  let done = 0;
  try {
    await pipeline(Readable.fromWeb(response.body as ReadableStream), async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        if ((done += chunk.length) > bytes) throw new LensError('failed', `${host(url)} sent more than the ${bytes} bytes it stated`);
        progress(done);
        yield chunk;
      }
    }, createWriteStream(file), { signal });
  } catch (error) {
    throw unreachable(url, error, signal);
  }
  if (done !== bytes) throw new LensError('failed', `${host(url)} sent ${done} of ${bytes} bytes`, 'try again');
}

async function json(url: string, signal: AbortSignal): Promise<Record<string, unknown>> {
  const response = await get(url, AbortSignal.any([signal, AbortSignal.timeout(30_000)]));
  const text = await response.text().catch((error: unknown) => { throw unreachable(url, error, signal); });
  if (text.length > mostText) throw new LensError('failed', `${host(url)} answered with ${text.length} characters, expected a small JSON text`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new LensError('failed', `${host(url)} did not answer in JSON: found '${oneLine(text, 60)}'`);
}

async function get(url: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { signal, redirect: 'follow' });
  } catch (error) {
    throw unreachable(url, error, signal);
  }
  if (!response.ok) throw new LensError('failed', `${host(url)} answered ${response.status} ${oneLine(response.statusText, 60)}`, 'try again later');
  return response;
}

/** One sentence for everything that goes wrong on the way. */
function unreachable(url: string, error: unknown, signal: AbortSignal): LensError {
  if (signal.aborted) return new LensError('cancelled', 'cancelled');
  if (error instanceof LensError) return error;
  const { cause, message } = error as { cause?: { code?: unknown }; message?: unknown }, why = typeof cause?.code === 'string' ? cause.code : String(message ?? error);
  return new LensError('failed', `${host(url)} cannot be reached (${oneLine(why, 80)})`, 'check the connection and the proxy setting, or put the libraries into a folder of your own and name it in MODEL_LENS_CUDA');
}

/** What a feed refers to must be fetched as safely as the feed itself. */
function safe(url: string, feed: string): string {
  if (!/^https:/i.test(url) && new URL(url).protocol !== new URL(feed).protocol) throw new LensError('failed', `${host(feed)} refers to an address that is not safe`);
  return url;
}

function host(url: string): string {
  return oneLine(new URL(url).host, 80);
}
