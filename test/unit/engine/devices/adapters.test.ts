/** Adapters by name, from what systems tell. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isSoftware, linuxAdapter, mayHaveGpu, readRegistry } from '../../../../src/engine/devices/adapters';
import { evidenceHere, isEvidence } from '../../../../src/engine/devices/evidence';
import { faultKind } from '../../../../src/engine/devices/fault';
import { machineText } from '../../../../src/engine/devices/machine';
import { probeInChild } from '../../../../src/engine/devices/probing';

describe('engine/devices: adapters', function () {
  this.timeout(30_000);
  let root = '';
  const write = (file: string, text: string): void => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    fs.writeFileSync(path.join(root, file), text);
  };

  beforeEach(() => { root = fs.mkdtempSync(path.join(os.tmpdir(), 'model-lens-adapters-')); });
  afterEach(() => fs.rmSync(root, { recursive: true }));

  it('a machine without device files has no GPU, one with them may', () => {
    assert.equal(mayHaveGpu('linux', root), false);
    write('dev/dri/by-path/none', '');
    assert.equal(mayHaveGpu('linux', root), false);
    write('dev/dri/renderD128', '');
    assert.equal(mayHaveGpu('linux', root), true);
    fs.rmSync(path.join(root, 'dev/dri'), { recursive: true });
    write('dev/nvidiactl', '');
    assert.equal(mayHaveGpu('linux', root), true);
    assert.deepEqual(['win32', 'darwin', 'freebsd'].map((platform) => mayHaveGpu(platform as NodeJS.Platform, root)), [true, true, false]);
  });

  it("names AMD's and Intel's adapters from the list of PCI devices, with their memory", async () => {
    write('sys/class/drm/renderD128/device/vendor', '0x1002\n');
    write('sys/class/drm/renderD128/device/device', '0x73bf\n');
    write('sys/class/drm/renderD128/device/mem_info_vram_total', '17163091968\n');
    const evidence = { drivers: ['libvulkan_radeon.so', 'libvulkan_lvp.so'], files: ['/dev/dri/renderD128'] };
    assert.deepEqual(await linuxAdapter(evidence, root), { name: 'AMD GPU 1002:73bf', memoryBytes: 17163091968 });
    write('usr/share/misc/pci.ids', '# list\n1001  Other\n\t73bf  Wrong\n1002  Advanced Micro Devices\n\t73a0  Another\n\t73bf  Navi 21 [Radeon RX 6800/6800 XT]\n\t\t1002 0e3a  A board\n8086  Intel Corporation\n\t9a49  TigerLake-LP GT2 [Iris Xe Graphics]\n');
    assert.equal((await linuxAdapter(evidence, root)).name, 'AMD Radeon RX 6800/6800 XT');
    write('sys/class/drm/renderD129/device/vendor', '0x8086\n');
    write('sys/class/drm/renderD129/device/device', '0x9a49\n');
    const both = await linuxAdapter({ drivers: [], files: ['/dev/dri/renderD128', '/dev/dri/renderD129'] }, root);
    assert.equal(both.name, 'AMD Radeon RX 6800/6800 XT or Intel Iris Xe Graphics');
  });

  it("names NVIDIA's adapters as their driver does", async () => {
    write('proc/driver/nvidia/gpus/0000:01:00.0/information', 'Model: \t\t NVIDIA GeForce RTX 3080\nIRQ:   \t\t 128\n');
    assert.deepEqual(await linuxAdapter({ drivers: ['libGLX_nvidia.so'], files: ['/dev/nvidia0', '/dev/nvidiactl'].slice(0, 1) }, root), { name: 'NVIDIA GeForce RTX 3080' });
  });

  it('a driver without a device file computes on the CPU, or nothing is known of it', async () => {
    assert.deepEqual(await linuxAdapter({ drivers: ['libvulkan_lvp.so', 'libvulkan_radeon.so'], files: [] }, root), { name: 'llvmpipe (Mesa lavapipe, software)', software: true });
    assert.equal((await linuxAdapter({ drivers: ['libvk_swiftshader.so'], files: [] }, root)).software, true);
    assert.deepEqual(await linuxAdapter({ drivers: [], files: [] }, root), { name: 'unknown adapter' });
    assert.deepEqual(await linuxAdapter({ drivers: [], files: ['/dev/dri/renderD7'] }, root), { name: 'unknown adapter' });
    for (const name of ['llvmpipe (LLVM 19.1.7, 256 bits)', 'Google SwiftShader', 'Microsoft Basic Render Driver', 'D3D12 WARP']) assert.ok(isSoftware(name), name);
    for (const name of ['NVIDIA H100 PCIe', 'Apple M1 GPU', 'Radeon Pro WX 7100']) assert.ok(!isSoftware(name), name);
  });

  it("reads Windows' display adapters, those that compute by themselves first", () => {
    const key = 'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}';
    const text = [
      key, '    Class    REG_SZ    Display', '',
      `${key}\\0000`, '    DriverDesc    REG_SZ    Microsoft Basic Render Driver', '',
      `${key}\\0001`, '    DriverDesc    REG_SZ    NVIDIA GeForce RTX 4070', '    HardwareInformation.qwMemorySize    REG_QWORD    0x2ff000000', '',
      `${key}\\0001\\Settings`, '    DriverDesc    REG_SZ    no adapter', '',
    ].join('\r\n');
    assert.deepEqual(readRegistry(text), [{ name: 'NVIDIA GeForce RTX 4070', memoryBytes: 0x2ff000000 }, { name: 'Microsoft Basic Render Driver', software: true }]);
    assert.deepEqual(readRegistry(''), []);
  });

  it('tells faults from the words of runtimes and drivers', () => {
    const messages: readonly (readonly [ReturnType<typeof faultKind>, string])[] = [
      ['lost', 'Device is lost.'], ['lost', 'VK_ERROR_DEVICE_LOST'], ['lost', 'DXGI_ERROR_DEVICE_REMOVED (0x887A0005)'], ['lost', 'CUDA failure 700: an illegal memory access was encountered'],
      ['memory', 'Failed to allocate memory for requested buffer of size 1073741824'], ['memory', 'CUDA failure 2: out of memory'], ['memory', 'Buffer size (5368709120) exceeds the max buffer size limit (4294967292).'],
      ['memory', 'std::bad_alloc'], ['memory', 'Available memory of 1024 is smaller than requested bytes of 4096'], ['memory', 'CUBLAS_STATUS_ALLOC_FAILED'],
      ['memory', 'Too many storage buffers in shader. Current: 17, Max is 16'],
      ['missing', 'Failed to get a WebGPU adapter: No supported adapters'], ['missing', 'OrtSessionOptionsAppendExecutionProvider_Cuda: Failed to load shared library'], ['missing', 'CUDA driver version is insufficient for CUDA runtime version'],
      ['failed', "Could not find an implementation for MaxPool(12) node with name 'pool'"],
    ];
    for (const [kind, message] of messages) assert.equal(faultKind(message), kind, message);
  });

  it('looks at itself; what comes from a probe is checked', () => {
    assert.ok(isEvidence(evidenceHere()));
    for (const value of [undefined, null, {}, { drivers: [], files: [7] }, { drivers: 'x', files: [] }, { drivers: new Array(65).fill(''), files: [] }]) assert.equal(isEvidence(value), false);
    assert.equal(machineText(), machineText());
    assert.notEqual(machineText({ VK_DRIVER_FILES: '/a' }), machineText({ VK_DRIVER_FILES: '/b' }));
  });

  describe('a probing process', () => {
    const probe = (body: string, signal?: AbortSignal): ReturnType<typeof probeInChild> => {
      write('probe.cjs', body);
      return probeInChild(path.join(root, 'probe.cjs'), 'webgpu', signal, []);
    };

    it('answers', async () => {
      const proof = { proof: 1e-7, evidence: { drivers: ['a.so'], files: [] } };
      assert.deepEqual(await probe(`process.send(${JSON.stringify(proof)}, () => process.disconnect())`), proof);
      assert.deepEqual(await probe("process.send({ reason: 'two\\nlines' }, () => process.disconnect())"), { reason: 'two lines' });
    });

    it('crashes, ends without a word, or says something else', async function () {
      if (process.platform === 'win32') this.skip();
      assert.deepEqual(await probe("process.kill(process.pid, 'SIGSEGV'); setInterval(() => 0, 1000)"), { reason: 'the driver crashed (signal SIGSEGV)' });
      assert.deepEqual(await probe('process.exit(3)'), { reason: 'the probe ended with exit code 3' });
      assert.deepEqual(await probe('process.send({ proof: -1 }, () => process.disconnect())'), { reason: 'the probe ended with exit code 0' });
    });

    it('is ended with what it was started for', async () => {
      const controller = new AbortController();
      const running = probe('setInterval(() => 0, 1000)', controller.signal);
      setTimeout(() => controller.abort(), 200);
      await assert.rejects(running, /cancelled/);
    });
  });
});
