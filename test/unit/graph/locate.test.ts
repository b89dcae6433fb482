/** Keys of drawn nodes lead back to what they name, and ids of stored tensors to their content. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { openModel } from '../../../src/formats/open';
import { architectureView } from '../../../src/graph/architecture';
import { documentationOf, roleOf } from '../../../src/graph/documentation';
import type { Node } from '../../../src/graph/graph';
import { inferShapes } from '../../../src/graph/inference/infer';
import { definitionOf, locate } from '../../../src/graph/locate';
import { attributeTensors, findTensor, storedInputs } from '../../../src/graph/storedTensors';
import type { ArchitectureView } from '../../../src/graph/summary';
import { sharedFolder, skipWithoutShared } from './shared';

const role = (node: Node, index: number): string => roleOf(documentationOf(node)?.inputs, index, 'input');

describe('keys and ids', () => {
  const files = [
    'structure/cond_model.onnx', 'structure/control_flow_model.onnx', 'structure/loop_with_outer_ref.onnx', 'structure/loop_with_multiple_refs.onnx', 'structure/subgraph_with_shared_initializer.onnx',
    'onnx/audio_silero_vad_v5.onnx', 'onnx/mnist_cntk.onnx', 'converted/imagenet_mobilenet_v2_qdq_uint8.onnx', 'keras/cifar10_resnet8.h5', 'keras/textgenrnn_weights_only.hdf5',
  ];
  for (const name of files) {
    it(name, async function () {
      const file = path.join(sharedFolder, 'pack', name);
      skipWithoutShared(this, file);
      const model = await openModel(file), inference = inferShapes(model);
      let nodes = 0, inner = 0, tensors = 0;
      const visit = (view: ArchitectureView, depth: number): void => {
        for (const drawn of view.nodes) {
          const found = locate(model, inference, drawn.key);
          assert.ok(found, drawn.key);
          nodes++;
          if (depth > 0) inner++;
          assert.equal(found.kind, drawn.kind === 'op' ? (model.layers ? 'layer' : 'node') : drawn.kind, drawn.key);
          if (found.kind === 'layer') {
            assert.equal(found.layer.name, drawn.name);
            (found.layer.weights ?? []).forEach(({ init }, index) => { assert.equal(findTensor(model, inference, `${drawn.key}/weight:${index}`)?.init, init); tensors++; });
          } else if (found.kind === 'node') {
            assert.equal(found.node.opType, drawn.opType);
            assert.equal(found.key, drawn.key);
            const position = found.scope.graph.nodes.indexOf(found.node);
            for (const source of [...storedInputs(found.scope, found.node, role), ...attributeTensors(found.scope, position)]) {
              assert.equal(findTensor(model, inference, source.id)?.init, source.init, source.id);
              tensors++;
            }
            for (const input of found.node.inputs) if (input !== '') assert.ok(definitionOf(found.scope, input), `${drawn.key} reads '${input}'`);
          } else assert.equal(found.name, drawn.name);
          for (const each of drawn.subgraphs ?? []) visit(each.view, depth + 1);
        }
      };
      visit(architectureView(model, inference), 0);
      assert.ok(nodes > 2 && tensors > 0, `${nodes} nodes, ${tensors} tensors`);
      if (/cond_model|control_flow|loop_|silero/.test(name)) assert.ok(inner > 0, 'nodes of subgraphs');
    });
  }

  it('keys and ids of nothing lead nowhere', async function () {
    const file = path.join(sharedFolder, 'pack/structure/cond_model.onnx');
    skipWithoutShared(this, file);
    const model = await openModel(file), inference = inferShapes(model);
    for (const key of ['', 'node:', 'node:99999', 'node:-1', 'node:0/nothing/0', 'node:0/then_branch', 'layer:0', 'input:', 'output:nothing', '__proto__', 'node:1e3']) assert.equal(locate(model, inference, key), undefined, key);
    for (const id of ['', 'tensor:', 'tensor:nothing', 'node:0@nothing', '@value', 'layer:0/weight:0', 'node:0/then_branch/tensor:nothing', 'x/tensor:y']) assert.equal(findTensor(model, inference, id), undefined, id);
  });

  it('the pack has the models that these are about', function () {
    skipWithoutShared(this, path.join(sharedFolder, 'pack'));
    for (const name of files) assert.ok(fs.existsSync(path.join(sharedFolder, 'pack', name)), name);
  });
});
