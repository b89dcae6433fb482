/** Which methods are said to apply to models of all families of the pack, and why the others do not. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Engine } from '../../../src/engine/engine';
import { listMethods } from '../../../src/engine/jobs/methods';

const pack = path.join(process.env.MODEL_LENS_SHARED ?? path.join(__dirname, '../../../../shared'), 'pack');

/** Methods that every model with a differentiable path has. */
const everywhere = ['saliency', 'input-x-gradient', 'integrated-gradients', 'smoothgrad', 'gradient-shap', 'lrp', 'deeplift', 'guided-backprop'];

describe('methods that apply', function () {
  this.timeout(60_000);
  const engine = new Engine(__filename);

  before(function () {
    if (fs.existsSync(pack)) return;
    console.log(`      skipped: ${pack} is not there`);
    this.skip();
  });

  after(() => engine.close());

  const verdicts = async (model: string): Promise<Map<string, { applies: boolean; reason?: string }>> =>
    new Map((await listMethods(engine, { model: path.join(pack, model) }, { signal: new AbortController().signal })).map((info) => [info.id, info]));

  // [model, what the caution says, if there is one]
  const differentiable: readonly (readonly [string, RegExp?])[] = [
    ['onnx/iris_torch_mlp.onnx'], ['onnx/imagenet_squeezenet_fp16.onnx'], ['converted/imagenet_mobilenet_v2_qdq_uint8.onnx'], ['converted/mnist_vit.onnx'],
    // The length of the sound and the sample rate are left open, and the network sits in the branches of an If.
    ['onnx/audio_silero_vad_v5.onnx'], ['onnx/audio_silero_vad_op18_ifless.onnx'],
    // The number of steps is an input.
    ['structure/loop_with_multiple_refs.onnx'],
    // Boxes and masks: the best box, or the class that covers most.
    ['onnx/coco_fastestdet.onnx'], ['onnx/portraitseg_sinet.onnx'], ['converted/voc_deeplabv3_mnv2_dequant_fp32.onnx'], ['tfjs/human_nanodet/nanodet.json'],
    // Steps and labels: any element can be explained, and people are told how to ask for one.
    ['onnx/ocr_ch_PP-OCRv4_rec_infer.onnx', /choose a target/],
    ['structure/loop_with_outer_ref.onnx', /choose a target, as 'sum\(final_result\)'/],
    ['onnx/text_g2p_lstm_arpabet.onnx', /'pred' \(int32 \[1\]\): choose a target/],
    // One row for a single word, a table for a sentence.
    ['structure/bert_mlm_random_vespa.onnx', /more than one row of classes, choose a target, as 'logits\[0,0,0\]'/],
    ['keras_dl4j/rnn_0.h5', /choose a target/], ['tfjs/upscalerjs_esrgan_default/model.json', /choose a target/],
  ];

  for (const [model, caution] of differentiable) {
    it(`gradient methods apply to ${model}`, async () => {
      const found = await verdicts(model);
      for (const id of everywhere) {
        const { applies, reason } = found.get(id)!;
        assert.ok(applies, `${id}: ${reason}`);
        if (caution) assert.match(reason ?? '', caution, id);
        else assert.doesNotMatch(reason ?? '', /choose a target/, id);
      }
    });
  }

  // Where the usual layer lies behind the logit, on a branch to another output, or is the unused sequence of an LSTM.
  for (const model of ['keras/dice_adult_tf2.h5', 'tfjs/human_nanodet/nanodet.json', 'keras_dl4j/lstm_functional_tf_keras_2.h5', 'keras_dl4j/rnn_10.h5']) {
    it(`the usual layer of ${model} leads to the target`, async () => {
      const found = await verdicts(model);
      for (const id of ['layer-activation', 'layer-gradient-x-activation', 'layer-conductance', 'neuron-conductance']) assert.ok(found.get(id)!.applies, `${id}: ${found.get(id)!.reason}`);
    });
  }

  const not: readonly (readonly [string, RegExp])[] = [
    ['onnx/tabular_sklearn_treecl.onnx', /TreeEnsembleClassifier.*piecewise constant/],
    ['structure/sign_bfloat16.onnx', /^Sign 'Sign_0'.*zero almost everywhere/],
    ['structure/cond_model.onnx', /'x' holds int64 values/],
    ['tfjs/text_guesslang/model.json', /'Placeholder' holds string values/],
    ['keras/portraitseg_slimnet.h5', /Lambda/],
    ['keras/textgenrnn_weights_only.hdf5', /no inputs|weights only/],
  ];

  for (const [model, why] of not) {
    it(`gradient methods do not apply to ${model}, and the reason is right`, async () => {
      const found = await verdicts(model);
      for (const id of everywhere) {
        assert.equal(found.get(id)!.applies, false, id);
        assert.match(found.get(id)!.reason ?? '', why, id);
      }
    });
  }
});
