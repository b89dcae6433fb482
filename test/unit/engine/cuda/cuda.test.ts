/** Fetching and unpacking CUDA libraries, against a real feed on this machine whose package this test makes. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { installCuda } from '../../../../src/engine/cuda/install';
import { cudaPackage, cudaStatus } from '../../../../src/engine/cuda/status';
import { fetchPackage, findPackage } from '../../../../src/extension/cuda/feed';
import { cudaProviderFiles } from '../../../../src/protocol/cudaLibraries';
import { zipped } from '../../zipped';

const entry = path.resolve('dist/engine.cjs');
const libraries = cudaProviderFiles.map((name, at) => [`runtimes/linux-x64/native/${name}`, new Uint8Array(randomBytes(300_000 + at))] as const);
const archive = zipped([['LICENSE', new Uint8Array(10)], ...libraries], 'deflated');
const sha512 = createHash('sha512').update(archive);
const hash = sha512.digest();

/** A NuGet feed with one package. */
class Feed {
  readonly seen: string[] = [];
  /** How the package is sent. */
  send: (response: http.ServerResponse) => void = (response) => void response.end(archive);
  about: Record<string, unknown> = { packageHash: hash.toString('base64'), packageHashAlgorithm: 'SHA512', packageSize: archive.length };
  private readonly server = http.createServer((request, response) => {
    const url = request.url!, root = this.root;
    this.seen.push(url);
    const answer = (value: unknown): void => void response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
    if (url === '/index.json') return answer({ resources: [{ '@type': 'PackageBaseAddress/3.0.0', '@id': `${root}flat/` }, { '@type': 'RegistrationsBaseUrl/3.6.0', '@id': `${root}reg/` }] });
    if (url === '/reg/an.example/1.2.3.json') return answer({ catalogEntry: `${root}catalog.json` });
    if (url === '/catalog.json') return answer(this.about);
    if (url === '/flat/an.example/1.2.3/an.example.1.2.3.nupkg') return this.send(response);
    response.statusCode = 404;
    response.end();
  });

  get root(): string { return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`; }
  get package() { return { feed: `${this.root}index.json`, name: 'An.Example', version: '1.2.3' }; }
  open(): Promise<void> { return new Promise((resolve) => this.server.listen(0, '127.0.0.1', resolve)); }
  close(): void { this.server.closeAllConnections(); this.server.close(); }
}

describe('Enable CUDA', () => {
  const never = new AbortController().signal;
  let feed: Feed, folder: string;

  beforeEach(async () => {
    feed = new Feed();
    await feed.open();
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-cuda-'));
  });

  afterEach(() => {
    feed.close();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  it('knows where the pinned runtime says its libraries are published', () => {
    const { version } = JSON.parse(fs.readFileSync('node_modules/onnxruntime-node/package.json', 'utf8')) as { version: string };
    const found = cudaPackage(entry)!;
    assert.equal(found.version, version);
    assert.match(found.name, /Gpu\.Linux$/);
    assert.match(found.feed, /^https:/);
  });

  it('fetches what the feed states, checks it and unpacks it', async () => {
    const found = await findPackage(feed.package, never), file = path.join(folder, 'package.part'), to = path.join(folder, 'cuda'), done: number[] = [], unpacked: number[] = [];
    assert.deepEqual([found.bytes, found.sha512], [archive.length, hash.toString('hex')]);
    await fetchPackage(found, file, never, (bytes) => done.push(bytes));
    assert.equal(done.at(-1), archive.length);
    fs.mkdirSync(to);
    fs.writeFileSync(path.join(to, 'old'), '');
    await installCuda({ archive: file, sha512: found.sha512, folder: to }, never, (value) => unpacked.push(value.done));
    assert.deepEqual(fs.readdirSync(to).sort(), [...cudaProviderFiles].sort());
    for (const [name, bytes] of libraries) assert.ok(fs.readFileSync(path.join(to, path.basename(name))).equals(bytes));
    assert.equal(unpacked.at(-1), libraries.reduce((sum, [, bytes]) => sum + bytes.length, 0));
    const status = await cudaStatus(entry, to, { platform: 'linux', arch: 'x64', env: {}, root: folder });
    assert.deepEqual(status.parts.map(({ id, present }) => [id, present]), [['platform', true], ['card', false], ['driver', false], ['runtime', false], ['cudnn', false], ['provider', true]]);
  });

  it('leaves everything as it was where the archive is another one, and says so', async () => {
    const file = path.join(folder, 'package.part'), to = path.join(folder, 'cuda');
    fs.mkdirSync(to);
    fs.writeFileSync(path.join(to, 'mine'), 'kept');
    const turned = Buffer.from(archive);
    turned[archive.length >> 1]! ^= 1;
    fs.writeFileSync(file, turned);
    await assert.rejects(installCuda({ archive: file, sha512: hash.toString('hex'), folder: to }, never, () => undefined), /not what was published/);
    const other = zipped([['runtimes/linux-x64/native/other.so', new Uint8Array(9)]], 'stored');
    fs.writeFileSync(file, other);
    await assert.rejects(installCuda({ archive: file, sha512: createHash('sha512').update(other).digest('hex'), folder: to }, never, () => undefined), /holds no libonnxruntime_providers_shared\.so/);
    const stopped = AbortSignal.abort();
    fs.writeFileSync(file, archive);
    await assert.rejects(installCuda({ archive: file, sha512: hash.toString('hex'), folder: to }, stopped, () => undefined), { name: 'AbortError' });
    assert.deepEqual(fs.readdirSync(folder).sort(), ['cuda', 'package.part']);
    assert.equal(fs.readFileSync(path.join(to, 'mine'), 'utf8'), 'kept');
  });

  it('stops when it is told to', async () => {
    feed.send = (response) => void response.write(archive.subarray(0, 1000));
    const found = await findPackage(feed.package, never), stop = new AbortController();
    await assert.rejects(fetchPackage(found, path.join(folder, 'part'), stop.signal, () => stop.abort()), { code: 'cancelled' });
  });

  it('says in one sentence what is wrong with a feed', async () => {
    const wrong: [Partial<Feed>, RegExp][] = [
      [{ about: { packageSize: 5, packageHash: 'short', packageHashAlgorithm: 'SHA512' } }, /states no SHA-512/],
      [{ about: { packageSize: -1, packageHash: hash.toString('base64'), packageHashAlgorithm: 'SHA512' } }, /no usable size/],
      [{ send: (response) => void response.end(Buffer.concat([archive, archive])) }, /more than the \d+ bytes/],
      [{ send: (response) => void response.end(archive.subarray(10)) }, /sent \d+ of \d+ bytes/],
      [{ send: (response) => { response.statusCode = 503; response.end(); } }, /answered 503/],
      [{ send: (response) => { response.write(archive.subarray(0, 100)); setTimeout(() => response.destroy(), 20); } }, /cannot be reached/],
    ];
    for (const [change, message] of wrong) {
      const own = Object.assign(feed, { send: (response: http.ServerResponse) => void response.end(archive), about: new Feed().about }, change);
      await assert.rejects(async () => fetchPackage(await findPackage(own.package, never), path.join(folder, 'part'), never, () => undefined), message);
    }
    await assert.rejects(findPackage({ ...feed.package, version: '9.9.9' }, never), /answered 404/);
    const { package: gone } = feed;
    feed.close();
    await assert.rejects(findPackage(gone, never), (error: Error & { remedy?: string }) => /cannot be reached/.test(error.message) && /MODEL_LENS_CUDA/.test(error.remedy ?? ''));
  });

  it('says what is missing where ONNX Runtime has no CUDA at all', async () => {
    const { parts, package: offered } = await cudaStatus(entry, folder, { platform: 'darwin', arch: 'arm64', env: {}, root: folder });
    assert.deepEqual([parts.length, parts[0]!.present, offered], [1, false, undefined]);
  });

  it('finds cards and libraries of a machine that has them', async () => {
    const lay = (file: string, text = ''): void => { fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true }); fs.writeFileSync(path.join(folder, file), text); };
    lay('proc/driver/nvidia/version', 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.1\nGCC version: 12\n');
    lay('proc/driver/nvidia/gpus/0000:01:00.0/information', 'Model: \t\t NVIDIA H100 PCIe\nIRQ: 1\n');
    for (const name of ['libcuda.so.1', 'libcudart.so.12', 'libcublas.so.12', 'libcublasLt.so.12', 'libcurand.so.10', 'libcufft.so.11']) lay(`usr/lib/x86_64-linux-gnu/${name}`);
    const { parts } = await cudaStatus(entry, undefined, { platform: 'linux', arch: 'x64', env: {}, root: folder });
    const by = Object.fromEntries(parts.map((part) => [part.id, part]));
    assert.match(by.card!.detail, /NVIDIA H100 PCIe; .*570\.1/);
    assert.deepEqual([by.driver!.present, by.runtime!.present, by.cudnn!.present, by.cudnn!.detail], [true, true, false, 'libcudnn.so.9']);
  });
});
