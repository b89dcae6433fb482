/** Boxes in boxes: where they are, what lies under a point, where keys lead, what marks and pictures say. */
import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import { Models } from '../../../src/engine/models';
import { architectureView } from '../../../src/graph/architecture';
import { BoxIndex } from '../../../src/webview/model/graph/boxIndex';
import { Camera, fittingScale } from '../../../src/webview/model/graph/camera';
import { escape, sceneToSvg } from '../../../src/webview/model/graph/exportSvg';
import { firstOpen } from '../../../src/webview/model/graph/firstView';
import { HeatScale } from '../../../src/webview/model/graph/heat';
import { Items } from '../../../src/webview/model/graph/items';
import { ItemMarks } from '../../../src/webview/model/graph/marks';
import { edgesAround, follow } from '../../../src/webview/model/graph/navigation';
import type { Scene } from '../../../src/webview/model/graph/scene';
import type { Architecture } from '../../../src/webview/model/types';
import { sharedFolder, skipWithoutShared } from '../graph/shared';
import { blocks, edge, LaidOut, look, node } from './graphSupport';

const widths = { title: (text: string) => 7 * text.length, detail: (text: string) => 6 * text.length };

/** Children lie in their frames, apart from each other; lines begin and end at what they join. */
function checkScene(scene: Scene): void {
  for (const level of scene.allLevels()) {
    const { shape } = level.geometry, { x, y, widths: w, heights: h, points, offsets, trunk } = shape;
    for (let a = 0; a < x.length; a++) {
      assert.ok(x[a]! - w[a]! / 2 >= -0.1 && x[a]! + w[a]! / 2 <= shape.width + 0.1 && y[a]! - h[a]! / 2 >= -0.1 && y[a]! + h[a]! / 2 <= shape.height + 0.1, 'children lie in their frame');
      level.geometry.boxes.search(x[a]! - w[a]! / 2 + 0.2, y[a]! - h[a]! / 2 + 0.2, x[a]! + w[a]! / 2 - 0.2, y[a]! + h[a]! / 2 - 0.2, (b) => assert.equal(b, a, 'siblings do not overlap'));
    }
    const position = new Map([...level.children].map((child, index) => [child, index]));
    for (let line = 0; line < offsets.length - 1; line++) {
      const from = level.ends[2 * line]!, to = level.ends[2 * line + 1]!, first = offsets[line]!, last = offsets[line + 1]! - 1;
      const touches = (end: number, px: number, py: number, side: 1 | -1, up: boolean): void => {
        if (end < 0) return assert.ok(Math.abs(py - (side > 0 ? 0 : shape.height)) < 0.5, 'ports lie on the frame');
        const box = position.get(end)!, edgeY = y[box]! + (up ? -1 : 1) * side * h[box]! / 2;
        assert.ok(Math.abs(px - x[box]!) <= w[box]! / 2 + 0.5 && Math.abs(py - edgeY) < 0.5, 'lines end at boxes');
      };
      const up = points[2 * last + 1]! < points[2 * first + 1]! && from >= 0 && to >= 0;
      if (trunk[line]! < 0) touches(from, points[2 * first]!, points[2 * first + 1]!, 1, up);
      touches(to, points[2 * last]!, points[2 * last + 1]!, -1, up);
      assert.ok(level.edgeStarts[line + 1]! > level.edgeStarts[line]!, 'every line stands for an edge');
    }
  }
}

describe('the graph on screen', () => {
  const pack = path.join(sharedFolder, 'pack');
  const files = ['converted/imagenet_squeezenet_fp32.onnx', 'structure/light_densenet121.onnx', 'converted/mnist_vit.onnx', 'onnx/audio_silero_vad_v5.onnx', 'keras/portraitseg_slimnet.h5',
    'keras/textgenrnn_weights_only.hdf5', 'structure/loop_with_outer_ref.onnx', 'onnx/coco_fastestdet.onnx', 'onnx/portraitseg_sinet.onnx', 'structure/gpt_220blocks_random_over10k_nodes.onnx'];
  for (const file of files) {
    it(`${file}: a readable first view, and everything in its place closed, at first and open`, async function () {
      const at = path.join(pack, file);
      skipWithoutShared(this, at);
      const { file: model, inference } = await new Models().open(at);
      const laid = new LaidOut(architectureView(model, inference)), first = firstOpen(laid.items);
      const scene = laid.scene(first);
      assert.ok(scene.boxes <= 130 && scene.boxes >= Math.min(5, laid.items.list.length), `${scene.boxes} boxes`);
      for (const each of [laid.scene([]), scene, laid.scene(laid.all)]) checkScene(each);
      assert.equal(laid.scene(laid.all).boxes, laid.items.list.filter(({ children }) => children.length === 0).length);
    });
  }

  it('groups that feed each other both ways are laid out too', () => {
    const view: Architecture = { nodes: [0, 1, 2].map((id) => node(id, { group: id === 1 ? 1 : 0 })), edges: [edge(0, 1), edge(1, 2)], groups: [{ ...blocks.groups[0]!, kind: 'group', name: 'a' }, { ...blocks.groups[0]!, id: 1, kind: 'group', name: 'b' }] };
    const laid = new LaidOut(view);
    for (const open of [[], laid.all]) checkScene(laid.scene(open));
  });

  it('equal blocks share one layout, and opening one leaves the other as it is', () => {
    const laid = new LaidOut(blocks), scene = laid.scene(laid.all);
    const [repeat, first, second] = ['group:block 1 … block 2', 'group:block 1 … block 2/block 1', 'group:block 1 … block 2/block 2'].map((key) => laid.items.byKey.get(key)!);
    const bare = new LaidOut({ ...blocks, edges: blocks.edges.slice(0, 5) }), plain = bare.scene(bare.all);
    assert.equal(plain.level(first!)!.geometry.shape.id, plain.level(second!)!.geometry.shape.id);
    assert.notEqual(scene.level(first!)!.geometry.shape.id, scene.level(second!)!.geometry.shape.id, 'a second value comes in here');
    const half = laid.scene([repeat!, first!]);
    assert.equal(half.level(first!)!.geometry.shape.width, scene.level(first!)!.geometry.shape.width);
  });

  it('finds what lies under a point, and the line beside it', () => {
    const laid = new LaidOut(blocks), repeat = laid.items.byKey.get('group:block 1 … block 2')!, scene = laid.scene([repeat]);
    for (const level of scene.allLevels()) {
      for (const item of level.children) {
        const { x, y, width, height } = scene.rect(item), open = scene.level(item) !== undefined;
        assert.deepEqual(scene.hit(x + width / 2, y + (open ? 5 : height / 2)), { item, part: open ? 'header' : 'box' });
      }
    }
    assert.equal(scene.hit(-50, -50), undefined);
    const source = scene.rect(laid.items.byKey.get('node:0')!), line = scene.lineAt(source.x + source.width / 2, source.y + source.height + 3, 6)!;
    assert.equal(laid.items.edges[scene.edgesOf(line)[0]!]!.value, 'v0');
  });

  it('keys follow edges into open groups, and stop before closed ones', () => {
    const laid = new LaidOut(blocks), at = (key: string): number => laid.items.byKey.get(key)!;
    const repeat = at('group:block 1 … block 2'), closed = laid.scene([]);
    assert.equal(follow(closed, undefined, 'ArrowDown'), at('node:0'));
    assert.equal(follow(closed, at('node:0'), 'ArrowDown'), repeat);
    assert.equal(follow(closed, repeat, 'ArrowDown'), at('node:5'));
    assert.equal(follow(closed, at('node:5'), 'ArrowUp'), repeat);
    assert.equal(follow(closed, at('node:5'), 'Home'), at('node:0'));
    assert.equal(follow(closed, undefined, 'End'), at('node:5'));
    const open = laid.scene(laid.all);
    assert.equal(follow(open, at('node:0'), 'ArrowDown'), at('node:1'));
    assert.equal(follow(open, repeat, 'ArrowDown'), at('group:block 1 … block 2/block 1'));
    assert.deepEqual([...edgesAround(laid.items, repeat)].map((edge) => laid.items.edges[edge]!.value).sort(), ['v0', 'v0', 'v4']);
  });

  it('marks are counted up into the groups that hold them', () => {
    const { items } = new LaidOut(blocks), at = (key: string): number => items.byKey.get(key)!;
    const marks = new ItemMarks(items, {
      found: new Set(['node:1', 'node:4', 'node:5', 'no such key']), path: { nodes: new Set(['node:0', 'node:1']), edges: new Set([0]) },
      kinds: new Map([['node:1', 'added'], ['node:2', 'same'], ['node:3', 'removed'], ['node:4', 'removed']] as const),
    });
    const repeat = at('group:block 1 … block 2'), second = at('group:block 1 … block 2/block 2');
    assert.deepEqual([repeat, second, at('node:5')].map((item) => marks.found.get(item)), [2, 1, 1]);
    assert.ok(marks.path.has(repeat) && !marks.path.has(second));
    assert.deepEqual([...marks.pathEdges].map((edge) => items.edges[edge]!.index), [0]);
    assert.equal(marks.kindsText(repeat), '+1 −2');
    assert.deepEqual([marks.kind(repeat), marks.kind(second), marks.kind(at('node:2'))], ['changed', 'removed', 'same']);
  });

  it('values that a subgraph takes from outside lead into it', () => {
    const inner: Architecture = { nodes: [node(0, { key: 'node:1/body/input:v0', kind: 'input', name: 'v0' }), node(1, { key: 'node:1/body/0' })], edges: [edge(0, 1)], groups: [] };
    const view: Architecture = { nodes: [node(0), node(1, { opType: 'Loop', subgraphs: [{ name: 'body', view: inner }] }), node(2)], edges: [edge(0, 1), edge(1, 2)], groups: [] };
    const { items, all } = new LaidOut(view), at = (key: string): number => items.byKey.get(key)!;
    assert.deepEqual(items.edges.map(({ from, to, index }) => [from, to, index]), [[at('node:1/body/input:v0'), at('node:1/body/0'), -1], [at('node:0'), at('node:1/body/input:v0'), 0], [at('node:1'), at('node:2'), 1]]);
    assert.deepEqual(all, [at('node:1'), at('node:1/body')]);
  });

  it('groups of equal names have different, lasting paths', () => {
    const view: Architecture = { ...blocks, groups: blocks.groups.map((each) => ({ ...each, name: 'a' })) };
    const keys = new Items(view).list.map(({ key }) => key);
    assert.equal(new Set(keys).size, keys.length);
    assert.deepEqual(keys.filter((key) => key.startsWith('group:')), ['group:a', 'group:a/a', 'group:a/a#2']);
  });

  it('heat compares what is to be seen, and says shares of the whole', () => {
    const laid = new LaidOut(blocks), closed = new HeatScale(laid.scene([]), 'parameters'), open = new HeatScale(laid.scene(laid.all), 'parameters');
    assert.deepEqual([closed.largest, closed.total, open.largest], [4, 6, 1]);
    const one = laid.items.get(laid.items.byKey.get('node:0')!);
    assert.equal(closed.share(one), 0.5);
    assert.equal(closed.texts(one)[0]!.replace(/\u202f/g, ' '), '1 · 16.7 %');
    assert.equal(new HeatScale(laid.scene([]), 'macs').share({ ...one, macs: null }), undefined);
  });

  it('the index finds exactly what touches a window', () => {
    const box = fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(100), fc.nat(100));
    fc.assert(fc.property(fc.array(box, { maxLength: 300 }), box, (boxes, [x, y, w, h]) => {
      const index = new BoxIndex(Float32Array.from(boxes.flatMap(([left, top, width, height]) => [left, top, left + width, top + height])));
      const found: number[] = [];
      index.search(x, y, x + w, y + h, (item) => found.push(item));
      const expected = boxes.flatMap(([left, top, width, height], item) => left <= x + w && top <= y + h && left + width >= x && top + height >= y ? [item] : []);
      assert.deepEqual(found.sort((a, b) => a - b), expected);
    }));
  });

  it('the SVG is well-formed, holds every box and escapes what files say', () => {
    const hostile: Architecture = { ...blocks, nodes: blocks.nodes.map((each) => ({ ...each, name: '<script>alert(1)</script> & "x" \u0000\ud800', opType: '</text><b>' })) };
    for (const heat of ['none', 'parameters'] as const) {
      const laid = new LaidOut(hostile), scene = laid.scene(laid.all), svg = sceneToSvg(scene, look(scene, heat), widths);
      assert.ok(!/<script|<b>/.test(svg) && !svg.includes('\u0000'));
      assert.equal(svg.match(/<title>&lt;script/g)!.length, 6);
      // Every tag is closed in its order, every attribute quoted.
      const stack: string[] = [];
      const rest = svg.replace(/<(\/?)([a-z]+)((?: [a-z-]+="[^"<]*")*)(\/?)>/gi, (_, close: string, name: string, __, self: string) => {
        if (close) assert.equal(stack.pop(), name);
        else if (!self) stack.push(name);
        return '';
      });
      assert.deepEqual(stack, []);
      assert.ok(!/[<>]/.test(rest) && !/&(?!(?:amp|lt|gt|quot|#39);)/.test(rest));
    }
    assert.equal(escape('a\u0001😀'), 'a\ufffd😀');
  });
});

describe('the camera', () => {
  it('zooms out no further than asked, never inwards on the way out, and keeps the point under the pointer', () => {
    const camera = new Camera(), least = fittingScale(400, 8000, 500, 700) / 2;
    for (let step = 0; step < 60; step++) camera.zoom(0.8, 250, 350, least);
    assert.equal(camera.scale, least);
    assert.ok(8000 * camera.scale > 250, 'the world still fills a good part of the window');
    // The world shrank when groups were closed: what is asked now lies above where the camera is.
    camera.zoom(0.8, 250, 350, 0.5);
    assert.equal(camera.scale, least);
    const at = { x: camera.x + 120 / camera.scale, y: camera.y + 80 / camera.scale };
    camera.zoom(1.7, 120, 80, least);
    assert.ok(Math.abs(camera.x + 120 / camera.scale - at.x) < 1e-6 && Math.abs(camera.y + 80 / camera.scale - at.y) < 1e-6);
  });
});
