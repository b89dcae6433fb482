import assert from 'node:assert/strict';
import type { FromEngine, ToEngine, WireError } from '../../../src/protocol/engine';
import { EngineClient, LensError, oneLine, serve, toWireError, type Channel, type ClientOptions, type Handlers, type Server } from '../../../src/protocol/rpc';
import { NotDifferentiable } from '../../../src/autodiff/rule';

/** Two ends of a pipe that delivers asynchronously, and can break. */
class Pipe {
  private readonly toServer: ((message: ToEngine) => void)[] = [];
  private readonly toClient: ((message: FromEngine) => void)[] = [];
  private readonly closing: ((reason: WireError) => void)[] = [];
  open = true;

  readonly client: Channel<ToEngine, FromEngine> = {
    send: (message) => this.deliver(this.toServer, message),
    onMessage: (listener) => void this.toClient.push(listener),
    onClose: (listener) => void this.closing.push(listener),
  };

  readonly server: Channel<FromEngine, ToEngine> = {
    send: (message) => this.deliver(this.toClient, structuredClone(message)),
    onMessage: (listener) => void this.toServer.push(listener),
    onClose: (listener) => void this.closing.push(listener),
  };

  break(reason: WireError): void {
    this.open = false;
    for (const listener of this.closing) listener(reason);
  }

  private deliver<T>(listeners: readonly ((message: T) => void)[], message: T): void {
    if (!this.open) throw new Error('the pipe is closed');
    setImmediate(() => { for (const listener of listeners) listener(message); });
  }
}

const inspectResult = { summary: {}, architecture: {}, file: { path: 'm', bytes: 1 } } as unknown as Awaited<ReturnType<Handlers['inspect']>>;

function unused(): Promise<never> {
  return Promise.reject(new LensError('failed', 'not asked for in this test'));
}

function connect(handlers: Partial<Handlers>, options?: ClientOptions): { pipe: Pipe; client: EngineClient; server: Server } {
  const pipe = new Pipe();
  const server = serve(pipe.server, { inspect: unused, picture: unused, predict: unused, explain: unused, methods: unused, devices: unused, shutdown: unused, ...handlers });
  return { pipe, client: new EngineClient(pipe.client, options), server };
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(() => 'ok', (error: unknown) => (error instanceof LensError ? error.code : `no LensError: ${String(error)}`));
}

describe('protocol/rpc', () => {
  it('answers a request with its handler\'s result', async () => {
    const { client } = connect({ inspect: async ({ file }) => ({ ...inspectResult, file: { path: file, bytes: 3 } }) });
    assert.deepEqual((await client.request('inspect', { file: 'a.onnx' })).file, { path: 'a.onnx', bytes: 3 });
  });

  it('delivers progress before the answer and none after it', async () => {
    let later: ((value: never) => void) | undefined;
    const { client } = connect({
      explain: async (_, { progress }) => {
        progress({ type: 'partial', done: 1, total: 2 });
        progress({ type: 'partial', done: 2, total: 2 });
        later = progress as (value: never) => void;
        return {} as Awaited<ReturnType<Handlers['explain']>>;
      },
    });
    const seen: number[] = [];
    await client.request('explain', { model: 'm', inputs: {}, method: 'x' }, { onProgress: (value) => { if (value.type === 'partial') seen.push(value.done); } });
    later!({ type: 'partial', done: 3, total: 2 } as never);
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(seen, [1, 2]);
  });

  it('carries code, message and remedy of an error, also when the handler throws before its first await', async () => {
    const { client } = connect({ inspect: () => { throw new LensError('badFile', 'm.onnx:\nis no model\u0007', 'open another'); } });
    await assert.rejects(client.request('inspect', { file: 'm' }), (error: LensError) => error.code === 'badFile' && error.message === 'm.onnx: is no model' && error.remedy === 'open another');
  });

  it('answers a method it does not have', async () => {
    const { client } = connect({});
    assert.equal(await codeOf(client.request('toString' as 'inspect', { file: '' })), 'failed');
  });

  it('answers with an error when a result cannot be cloned', async () => {
    const { client } = connect({ inspect: async () => ({ ...inspectResult, extra: () => 1 }) as never });
    await assert.rejects(client.request('inspect', { file: '' }), /could not be cloned/);
  });

  it('cancels: the handler sees the signal, the caller gets cancelled', async () => {
    let aborted = false;
    const { client } = connect({
      inspect: (_, { signal }) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => { aborted = true; reject(new Error('stopped')); })),
    });
    const controller = new AbortController();
    const answer = codeOf(client.request('inspect', { file: '' }, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 5);
    assert.equal(await answer, 'cancelled');
    assert.ok(aborted);
  });

  it('calls a job cancelled that finished in spite of the cancel', async () => {
    const { client } = connect({ inspect: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(inspectResult))) });
    const controller = new AbortController();
    const answer = codeOf(client.request('inspect', { file: '' }, { signal: controller.signal }));
    controller.abort();
    assert.equal(await answer, 'cancelled');
  });

  it('answers a cancel in time when the other side does not, and then reports it stuck', async () => {
    let stuck = 0;
    const { client } = connect({ inspect: () => new Promise(() => undefined) }, { cancelAnswerMs: 20, stuckMs: 60, onStuck: () => { stuck++; } });
    const controller = new AbortController();
    const answer = codeOf(client.request('inspect', { file: '' }, { signal: controller.signal }));
    const start = performance.now();
    controller.abort();
    assert.equal(await answer, 'cancelled');
    assert.ok(performance.now() - start < 200);
    assert.equal(stuck, 0);
    assert.equal(client.openRequests, 1, 'the other side still works on it');
    await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(stuck, 1);
  });

  it('does not send a request that is cancelled already', async () => {
    let asked = false;
    const { client } = connect({ inspect: async () => { asked = true; return inspectResult; } });
    assert.equal(await codeOf(client.request('inspect', { file: '' }, { signal: AbortSignal.abort() })), 'cancelled');
    await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(asked, false);
  });

  it('answers every open request when the channel closes, and later ones at once', async () => {
    const { client, pipe } = connect({ inspect: () => new Promise(() => undefined) });
    const answers = [client.request('inspect', { file: 'a' }), client.request('inspect', { file: 'b' })].map(codeOf);
    pipe.break({ code: 'engineDied', message: 'gone' });
    assert.deepEqual(await Promise.all(answers), ['engineDied', 'engineDied']);
    assert.equal(await codeOf(client.request('inspect', { file: 'c' })), 'engineDied');
  });

  it('fails all open requests when the process is about to end', async () => {
    const { client, server } = connect({ inspect: () => new Promise(() => undefined) });
    const answer = codeOf(client.request('inspect', { file: 'a' }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    server.failAll(new LensError('engineDied', 'out of memory'));
    assert.equal(await answer, 'engineDied');
    assert.equal(server.openRequests, 0);
  });

  describe('error texts', () => {
    it('are one line of bounded length without control or direction characters', () => {
      const text = oneLine(`a\n\tb\u001b[31m\u202ec${'x'.repeat(5000)}`);
      assert.ok(text.startsWith('a b [31m c'));
      assert.equal(text.length, 600);
    });

    it('keep the codes of other rooms', () => {
      assert.equal(toWireError(Object.assign(new Error('m'), { code: 'badFile', remedy: 'r' })).remedy, 'r');
      assert.equal(toWireError(new NotDifferentiable('ArgMax', 'n', 'has no derivative')).code, 'notDifferentiable');
      assert.equal(toWireError(new DOMException('x', 'AbortError')).code, 'cancelled');
      assert.deepEqual(toWireError(Object.assign(new Error('ENOENT: no such file'), { code: 'ENOENT', path: '/a/b' })), { code: 'notFound', message: '/a/b: no such file' });
      assert.equal(toWireError('words').message, 'words');
      assert.equal(toWireError(new Error('')).message, 'Error');
    });
  });
});
